"""Backbones, registered in ``mmpose.registry.MODELS``."""
from .movenet import MoveNetBackbone, MoveNetNeck
from .timm_features import TimmFeatures

__all__ = ['MoveNetBackbone', 'MoveNetNeck', 'TimmFeatures']
