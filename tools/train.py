"""Train a pose refiner: MMPose's ``tools/train.py``, with PoseFix registered.

Takes MMPose's arguments; see ``python tools/train.py --help``.
"""

import runpy
import sys
from pathlib import Path

import mmpose

# Registers the modules and lets torch read MMEngine's checkpoints, which
# configs that are read later could not do for the tool itself.
import posefix_mm  # noqa: F401
from posefix_mm._compat import launch_without_cuda


def main() -> None:
    """Run the tool of the installed MMPose."""
    tool = Path(mmpose.__file__).parent / '.mim' / 'tools' / 'train.py'
    if not tool.is_file():
        raise SystemExit(
            f'error: the installed MMPose {mmpose.__version__} has no '
            f'{tool}; install it from its wheel: '
            'pip install --no-deps --force-reinstall mmpose==1.3.2')
    launch_without_cuda()
    if '--amp' in sys.argv[1:]:
        from mmengine.device import get_device
        if get_device() == 'cpu':
            raise SystemExit(
                'error: --amp needs a GPU; on a processor with bfloat16 '
                'instructions take --cfg-options '
                'optim_wrapper.type=Bfloat16OptimWrapper instead')
    runpy.run_path(str(tool), run_name='__main__')


if __name__ == '__main__':
    main()
