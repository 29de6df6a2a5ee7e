"""Transforms, registered in ``mmpose.registry.TRANSFORMS``."""
from ...structures.oks import ERROR_TYPES
from .augmentation import (
    ClippedNormalBBoxTransform,
    CutByBorder,
    DegradeImage,
    PasteOccluder,
)
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
from .input_pose import GetInputPose, HideInputPose, PackRefineInputs
from .misplace_pose import MisplacePose
from .synthesize_pose_error import (
    SynthesizeKeypointScores,
    SynthesizePoseError,
)

__all__ = [
    'BUCTDPoseError', 'ClippedNormalBBoxTransform', 'CropByInputPose',
    'CutByBorder', 'DegradeImage', 'DrawInputPose', 'ERROR_TYPES',
    'ErrorSynthesizer', 'GetInputPose', 'HideInputPose', 'MisplacePose',
    'PERSON_JOINT_GROUPS', 'PackRefineInputs', 'PasteOccluder',
    'RELEASE_TABLE', 'RandomHalfBodyOfPerson', 'SynthesizeKeypointScores',
    'SynthesizePoseError', 'TakeInputPose', 'build_radii', 'build_table'
]
