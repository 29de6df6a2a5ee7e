"""Run ``posefix`` as ``python -m posefix_mm.cli``, for launchers."""
import sys

from .main import main

sys.exit(main())
