"""PoseFix pose refinement as a plugin of MMPose.

Importing this package registers its modules in ``mmpose.registry``; configs
do so with ``custom_imports``.
"""
from ._compat import (
                      allow_mmengine_checkpoints,
                      check_versions,
                      register_config_package,
)
from .version import __version__

check_versions()
allow_mmengine_checkpoints()
register_config_package()

from . import (  # noqa: E402, F401
    codecs,
    datasets,
    engine,
    evaluation,
    models,
)

__all__ = ['__version__']
