"""Transforms, registered in ``mmpose.registry.TRANSFORMS``."""
from ...structures.error_types import ERROR_TYPES
from .clipped_normal_bbox_transform import ClippedNormalBBoxTransform
from .draw_input_pose import (
    BUCTDPoseError,
    CropByInputPose,
    DrawInputPose,
    RandomHalfBodyOfPerson,
    TakeInputPose,
)
from .error_synthesis import ErrorSynthesizer
from .error_tables import (
    PERSON_JOINT_GROUPS,
    RELEASE_TABLE,
    build_radii,
    build_table,
)
from .everyday_photos import CutByBorder, DegradeImage, PasteOccluder
from .get_input_pose import GetInputPose
from .misplace_pose import MisplacePose
from .pack_refine_inputs import PackRefineInputs
from .synthesize_keypoint_scores import SynthesizeKeypointScores
from .synthesize_pose_error import SynthesizePoseError

__all__ = [
    'BUCTDPoseError', 'ClippedNormalBBoxTransform', 'CropByInputPose',
    'CutByBorder', 'DegradeImage', 'DrawInputPose', 'ERROR_TYPES',
    'ErrorSynthesizer', 'GetInputPose', 'MisplacePose', 'PERSON_JOINT_GROUPS',
    'PackRefineInputs', 'PasteOccluder', 'RELEASE_TABLE',
    'RandomHalfBodyOfPerson', 'SynthesizeKeypointScores',
    'SynthesizePoseError', 'TakeInputPose', 'build_radii', 'build_table'
]
