"""Modules in place of compiled ones that an environment does not have.

``mmcv-lite`` has no ``mmcv._ext``, and xtcocotools has no wheel for newer
Pythons; MMPose and MMDetection import both. What is installed always comes
first: a stand-in is found only where Python finds nothing else.
"""
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
_STAND_INS = {
    'mmcv._ext': os.path.join(_HERE, 'mmcv_ext.py'),
    'xtcocotools': os.path.join(_HERE, 'xtcocotools', '__init__.py'),
}


class _StandInFinder:
    """Finds the stand-ins, and nothing else."""

    def find_spec(self,
                  name: str,
                  path: Any = None,
                  target: Any = None) -> ModuleSpec | None:
        """Find what no finder before this one has found."""
        file = _STAND_INS.get(name)
        return file and spec_from_file_location(name, file)


def install() -> None:
    """Let Python find the stand-ins, after everything else."""
    if not any(type(finder).__name__ == _StandInFinder.__name__
               for finder in sys.meta_path):
        sys.meta_path.append(_StandInFinder())
