"""Read images together with what is given for them."""
from typing import Callable, Iterator, List, Optional, Union

from ...chain import Boxes, EstimatedPoses, Estimator, TopdownEstimator
from ...datasets.pose_records import Problem
from .given_people import GivenPeople, GivenType
from .group_refiner import GivenFrame
from .input_frames import Frame, InputFrames
from .read_ahead import read_ahead
from .read_given import read_boxes, read_poses


def choose_given(poses: Optional[GivenType], bboxes: Optional[GivenType],
                 estimator: Optional[Estimator]) -> Optional[GivenPeople]:
    """Choose what is given with the images.

    Args:
        poses (optional): Poses of all images.
        bboxes (optional): Boxes of all images.
        estimator (Estimator, optional): What estimates poses.

    Returns:
        GivenPeople | None: Poses or boxes, None if people are to be found.

    Raises:
        ValueError: If there is neither an estimator nor poses, or boxes that
            nothing has a use for.
    """
    if poses is not None and bboxes is not None:
        raise ValueError('give poses or bboxes, not both')
    if poses is not None:
        return GivenPeople(poses, 'poses', 3)
    if estimator is None:
        raise ValueError('nothing to refine: give poses, or an estimator as '
                         'pose2d')
    if bboxes is None:
        return None
    if not isinstance(estimator, TopdownEstimator):
        raise ValueError('the estimator finds people by itself: give boxes to '
                         'a top-down estimator only')
    return GivenPeople(bboxes, 'boxes', 2)


def read_groups(source: InputFrames,
                size: int,
                given: Optional[GivenPeople],
                *,
                num_keypoints: int,
                num_workers: int,
                report: Callable[[Optional[Frame], Problem], None]
                ) -> Iterator[List[GivenFrame]]:
    """Read images in groups, one group ahead, with boxes or poses.

    Args:
        source (InputFrames): The images.
        size (int): Images of a group.
        given (GivenPeople, optional): Boxes or poses.
        num_keypoints (int): K of poses.
        num_workers (int): Threads that decode.
        report (Callable): Told of poses that can't be refined, with their
            image, and of what belongs to no image, with None.

    Yields:
        List[GivenFrame]: Images, each with boxes, poses or None. One whose
        boxes or poses are malformed has a problem.
    """
    for frames in read_ahead(source, size, num_workers=num_workers):
        yield [(frame, None if given is None else _read_given(
            given, frame, num_keypoints, report)) for frame in frames]
    left = None if given is None else given.finish()
    if left:
        report(None, Problem('no_image', left))


def _read_given(given: GivenPeople, frame: Frame, num_keypoints: int,
                report: Callable) -> Union[Boxes, EstimatedPoses, None]:
    """Read what is given for one image."""
    item = given.of(frame)
    try:
        if given.what == 'boxes':
            return read_boxes(item)
        return read_poses(item, num_keypoints,
                          lambda problem: report(frame, problem))
    except ValueError as error:
        frame.problem = frame.problem or Problem('given', str(error))
        return None
