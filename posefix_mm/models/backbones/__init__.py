"""Backbones, registered in ``mmpose.registry.MODELS``."""
from .timm_features import TimmFeatures

__all__ = ['TimmFeatures']
