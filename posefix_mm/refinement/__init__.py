"""The engine: images and poses in, refined poses out."""
from .crops import Cropper, Crops, PoseArrays
from .images import ImageProblem, load_image
from .predictor import PosePredictor, RefinedCrops
from .stream import ImageJob, ImageResult, refine_stream

__all__ = [
    'Cropper', 'Crops', 'ImageJob', 'ImageProblem', 'ImageResult',
    'PoseArrays', 'PosePredictor', 'RefinedCrops', 'load_image',
    'refine_stream'
]
