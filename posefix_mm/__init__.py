"""PoseFix pose refinement as a plugin of MMPose.

Importing this package registers its modules in ``mmpose.registry``; configs
do so with ``custom_imports``.
"""
import os
import warnings

from .version import __version__

with warnings.catch_warnings():
    # what the libraries below say when they are imported, of no use here
    warnings.filterwarnings('ignore', message='Failed to load image Python')
    warnings.filterwarnings('ignore', message='pkg_resources is deprecated')
    from ._compat import (
        allow_mmengine_checkpoints,
        check_versions,
        launch_without_cuda,
        register_config_package,
        register_shipped_weights,
    )
    check_versions()
    allow_mmengine_checkpoints()
    register_config_package()
    register_shipped_weights()
    if 'LOCAL_RANK' in os.environ:  # mmpose's own tools, by custom_imports
        launch_without_cuda()
    from . import codecs, datasets, engine, evaluation, models  # noqa: F401
    from .apis import refine, refine_file
    from .apis.inferencers import PoseRefineInferencer
    from .refinement import PosePredictor

__all__ = [
    'PosePredictor', 'PoseRefineInferencer', '__version__', 'refine',
    'refine_file'
]
