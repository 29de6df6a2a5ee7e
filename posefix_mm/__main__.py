"""Run ``posefix`` as ``python -m posefix_mm``, for launchers."""
import sys

from .cli import main

sys.exit(main())
