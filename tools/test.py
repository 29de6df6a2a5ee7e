"""Test a pose refiner: MMPose's ``tools/test.py``, with PoseFix registered.

Takes MMPose's arguments; see ``python tools/test.py --help``.
"""

import mmpose  # noqa: F401

# Registers the modules and lets torch read MMEngine's checkpoints, which
# configs that are read later could not do for the tool itself.
import posefix_mm  # noqa: F401
from posefix_mm._compat import run_mmpose_tool


def main() -> None:
    """Run the tool of the installed MMPose."""
    run_mmpose_tool('test')


if __name__ == '__main__':
    main()
