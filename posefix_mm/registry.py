"""Registers everything in ``mmpose.registry`` when it is imported.

MMPose's registries import this module at their first lookup, and MMEngine
imports it for configs that are inherited as ``posefix_mm::...``.
"""
from . import chain, codecs, datasets, diagnosis, engine, evaluation, models  # noqa: F401
from .apis import inferencers  # noqa: F401
