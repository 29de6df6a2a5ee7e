"""The engine: images and poses in, refined poses out."""
from ..images.image_source import ImageProblem, load_image
from ..structures.pose_records import PoseArrays
from .crops import Cropper, Crops
from .predictor import PosePredictor, RefinedCrops
from .stream import ImageJob, ImageResult, refine_stream

__all__ = [
    'Cropper', 'Crops', 'ImageJob', 'ImageProblem', 'ImageResult',
    'PoseArrays', 'PosePredictor', 'RefinedCrops', 'load_image',
    'refine_stream'
]
