"""The engine: images and poses in, refined poses out."""
from .crops import Cropper, Crops, PoseArrays
from .predictor import PosePredictor, RefinedCrops

__all__ = ['Cropper', 'Crops', 'PoseArrays', 'PosePredictor', 'RefinedCrops']
