"""The command ``posefix``; one module for each of its sub-commands."""
from .main import main

__all__ = ['main']
