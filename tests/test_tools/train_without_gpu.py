"""tools/train.py for processes on CPUs.

mmengine's launchers choose a CUDA device before they look at the backend;
without one that call is all that stands in the way of gloo.
"""

import runpy
import sys
from pathlib import Path

import torch

torch.cuda.set_device = lambda device: None
tool = Path(__file__).resolve().parents[2] / 'tools' / 'train.py'
sys.argv[0] = str(tool)
runpy.run_path(str(tool), run_name='__main__')
