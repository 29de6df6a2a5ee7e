"""What in results and annotations does not meet."""
from .annotation_checks import check_annotations
from .coordinate_checks import check_coordinates, looks_normalised
from .explanation import Explanation
from .id_checks import check_categories, check_image_ids
from .pose_columns import Comparison
from .record_checks import check_records

__all__ = [
    'Comparison', 'Explanation', 'check_annotations', 'check_categories',
    'check_coordinates', 'check_image_ids', 'check_records',
    'looks_normalised'
]
