"""Hand-made people with five joints, whose errors are known."""
from typing import Any, List, Optional, Sequence

import numpy as np

NAMES = ['nose', 'left_hand', 'right_hand', 'left_foot', 'right_foot']
FLIP = [0, 2, 1, 4, 3]
SIGMAS = [.05] * 5
AREA = 10000.
# Distances of a KS of .85, .50 and .10 with this area and these sigmas.
D85, D50, D10 = (10 * np.sqrt(-2 * np.log([.85, .5, .1]))).tolist()
METAINFO = dict(
    num_keypoints=5,
    keypoint_id2name=dict(enumerate(NAMES)),
    flip_indices=FLIP,
    sigmas=np.array(SIGMAS, np.float32))
# Joints are farther from each other than any band reaches.
POSE = np.array([[100., 50.], [50., 100.], [150., 100.], [60., 200.],
                 [140., 200.]])
# A person whose box overlaps and whose joints are apart from those of POSE.
NEAR = POSE + [25., 25.]
BOX = [40., 40., 125., 180.]
NEAR_BOX = [65., 65., 125., 180.]


def make_person(identity: Any,
                pose: np.ndarray = POSE,
                *,
                image_id: Any = 1,
                visible: Sequence[int] = (2, ) * 5,
                bbox: Sequence[float] = BOX,
                **fields: Any) -> dict:
    """Make an annotation."""
    values = np.column_stack((pose, visible)).ravel().tolist()
    return dict(
        dict(
            id=identity,
            image_id=image_id,
            category_id=1,
            keypoints=values,
            num_keypoints=sum(v > 0 for v in visible),
            bbox=list(bbox),
            area=AREA,
            iscrowd=0), **fields)


def make_record(pose: np.ndarray = POSE,
                *,
                image_id: Any = 1,
                score: float = .5,
                absent: Sequence[int] = (),
                **fields: Any) -> dict:
    """Make a record of a results file."""
    values = np.column_stack((pose, np.full(len(pose), .9)))
    values[list(absent)] = 0
    return dict(
        image_id=image_id,
        category_id=1,
        keypoints=values.ravel().tolist(),
        score=score,
        **fields)


def make_annotations(people: Sequence[dict],
                     images: Optional[List[dict]] = None) -> dict:
    """Put annotations in the form of a file."""
    if images is None:
        images = [
            dict(id=i, file_name=f'{i}.png', width=400, height=400)
            for i in sorted({p['image_id'] for p in people})
        ]
    return dict(
        images=images,
        annotations=list(people),
        categories=[dict(id=1, name='person', keypoints=NAMES)])


def moved(joint: int, to: np.ndarray, pose: np.ndarray = POSE) -> np.ndarray:
    """Copy a pose and put one joint elsewhere."""
    pose = pose.copy()
    pose[joint] = to
    return pose
