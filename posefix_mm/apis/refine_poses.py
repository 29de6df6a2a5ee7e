"""Refine poses in memory."""
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from PIL import Image

from ..formats.joint_maps import build_joint_map
from ..formats.supervision_key_points import from_supervision
from ..images.image_source import load_image
from ..inference import ImageJob, ImageResult, PosePredictor, refine_stream
from ..structures.joint_map import JointMap
from ..structures.pose_records import (
    PoseArrays,
    PoseRecord,
    Problem,
    present_joints,
    set_pose,
    with_scores,
)

ImageLike = str | Path | np.ndarray | Image.Image
CHANNEL_ORDERS = ('bgr', 'rgb')
_LOADING = threading.Lock()


@dataclass
class PoseRefinement:
    """The refined poses of an image, in the order they were given.

    Note:
        - poses: N
        - keypoints of the skeleton that was given: K

    Attributes:
        keypoints (np.ndarray): Refined keypoints in image pixels, float32
            (N, K, 2). Where a pose could not be refined, those of the input.
        keypoint_scores (np.ndarray): Those of the input, as in the release;
            1 where none were given; float32 (N, K).
        confidences (np.ndarray): How sure the refiner is: predicted keypoint
            similarities, or peaks of its softmax maps; 0 where a pose could
            not be refined; float32 (N, K).
        pose_scores (np.ndarray): Predicted OKS of the input and of the
            refined poses, NaN where there is none, float32 (N, 2).
        shifts (np.ndarray): How far each keypoint moved in image pixels, NaN
            where it was absent, float32 (N, K).
        refined (np.ndarray): Whether a pose was refined, bool (N, ).
        problems (list[Problem | None]): Why not, (N, ).
    """

    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    confidences: np.ndarray
    pose_scores: np.ndarray
    shifts: np.ndarray
    refined: np.ndarray
    problems: list[Problem | None]


def refine(images: ImageLike | Sequence[ImageLike],
           poses: Any,
           *,
           config: str | Path | Config | None = None,
           checkpoint: str | None = None,
           predictor: PosePredictor | None = None,
           joint_map: str | Path | JointMap | None = None,
           channel_order: str = 'bgr',
           batch_size: int = 32,
           num_workers: int = 2,
           passes: int | None = None,
           **options) -> PoseRefinement | list[PoseRefinement]:
    """Refine the poses of one image, or of many.

    A refiner is loaded once and kept for later calls with the same
    arguments; several threads may call at once.

    Args:
        images (str | Path | np.ndarray | PIL.Image | Sequence): An image or
            a list of them: a file, an array (H, W, 3) or (H, W), or an open
            image.
        poses: The poses of the image, or a list of such for many images: an
            array (N, K, 2), or (N, K, 3) with scores, or of a single pose
            without N; a list of COCO records with ``keypoints``; or
            ``supervision.KeyPoints``. Coordinates are image pixels; a joint
            with NaN or a score of 0 is absent, and one at 0, 0 or -1, -1
            where there are no scores; see
            :func:`~posefix_mm.structures.pose_records.present_joints`.
        config (str | Path | Config, optional): As in :class:`PosePredictor`.
            Defaults to the refiner that comes with the package.
        checkpoint (str, optional): As in :class:`PosePredictor`.
        predictor (PosePredictor, optional): A refiner that is loaded already,
            in place of all that chooses one.
        joint_map (str | Path | JointMap, optional): How J joints of another
            skeleton become the refiner's, such as ``'halpe26'``; the others
            stay as they are. Defaults to the refiner's skeleton.
        channel_order (str): ``'bgr'``, as OpenCV and mmpose have it, or
            ``'rgb'``; of arrays only. Defaults to ``'bgr'``.
        batch_size (int): Poses refined at once. Defaults to 32.
        num_workers (int): Threads that load and crop. Defaults to 2.
        passes (int, optional): How often to refine at most; see
            :func:`~posefix_mm.inference.stream.refine_stream`. Defaults to
            what the refiner's config says.
        **options: Further arguments of :class:`PosePredictor`: ``device``,
            ``backend``, ``precision``, ``flip_test``.

    Returns:
        PoseRefinement | list[PoseRefinement]: Of the image, or of each.

    Raises:
        FileNotFoundError: If the config or its weights do not exist.
        ValueError: If an argument has a wrong shape or value; the message
            names image and pose. A pose that is well-formed but can't be
            refined comes back as it is, with its problem.

    Example:
        >>> result = posefix_mm.refine('photo.jpg', keypoints)
        >>> result.keypoints, result.shifts
    """
    if channel_order not in CHANNEL_ORDERS:
        raise ValueError(f'channel_order must be one of {CHANNEL_ORDERS}, '
                         f'got {channel_order!r}')
    single = isinstance(images, (str, Path, np.ndarray, Image.Image))
    if single:
        images, poses = [images], [poses]
    if len(images) != len(poses):
        raise ValueError(f'{len(images)} images need poses of as many, got '
                         f'{len(poses)}')
    if predictor is None:
        predictor = load_predictor(config, checkpoint, **options)
    count = predictor.num_keypoints
    if isinstance(joint_map, (str, Path)):
        joint_map = build_joint_map(
            predictor.keypoint_names, config=joint_map)
    joint_map = joint_map or JointMap.identity(count)
    loaders = [
        _loader(image, place, channel_order)
        for place, image in enumerate(images)
    ]
    inputs = [
        _read_poses(of_image, joint_map, place)
        for place, of_image in enumerate(poses)
    ]
    jobs = (
        ImageJob(key, loader, PoseArrays.stack(
            [(r.keypoints, r.visible, r.keypoint_scores)
             for r in _usable(key[1])], count))
        for key, loader in zip(inputs, loaders, strict=True))
    results = [*map(partial(_finish, joint_map), refine_stream(
        predictor, jobs, batch_size=batch_size, num_workers=num_workers,
        passes=passes))]
    return results[0] if single else results


def load_predictor(config: str | Path | Config | None = None,
                   checkpoint: str | None = None,
                   **options) -> PosePredictor:
    """Load a refiner, or use one that was loaded with the same arguments.

    They are those of :class:`PosePredictor`.
    """
    if isinstance(config, Config) or options.get('cfg_options'):
        return PosePredictor(config, checkpoint, **options)
    with _LOADING:
        return _kept_predictor(config, checkpoint,
                               tuple(sorted(options.items())))


@lru_cache(maxsize=4)
def _kept_predictor(config: str | Path | None, checkpoint: str | None,
                    options: tuple[tuple[str, Any], ...]) -> PosePredictor:
    return PosePredictor(config, checkpoint, **dict(options))


def _read_poses(poses: Any, joint_map: JointMap,
                place: int) -> tuple[np.ndarray, list[PoseRecord]]:
    """Read joints (N, J, 3) of an image, 0 where absent, and the records."""
    joints = _as_joints(poses, joint_map.num_source, place)
    records = [PoseRecord(index, None) for index in range(len(joints))]
    for record, pose in zip(records, joints, strict=True):
        record.problem = set_pose(record, pose, joint_map)
    return joints, records


def _usable(records: Sequence[PoseRecord]) -> list[PoseRecord]:
    """Poses that can be refined."""
    return [record for record in records if record.problem is None]


def _as_joints(poses: Any, count: int, place: int) -> np.ndarray:
    """Make an array of x, y and score, (N, J, 3)."""
    if hasattr(poses, 'xy'):
        keypoints, scores = from_supervision(poses)
        poses = np.concatenate((keypoints, scores[..., None]), -1)
    if isinstance(poses, (list, tuple)) and len(poses) \
            and isinstance(poses[0], dict):
        poses = [
            _keypoints_of(record, index, place)
            for index, record in enumerate(poses)
        ]
    try:
        array = np.asarray(poses, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f'poses of image {place} are no array of numbers: '
                         f'{error}') from error
    if array.size == 0:
        return np.zeros((0, count, 3))
    joints = array[None] if array.ndim == 2 else array
    if joints.shape[1:] not in ((count, 2), (count, 3)):
        raise ValueError(
            f'poses of image {place} must have the shape (N, {count}, 2) or '
            f'(N, {count}, 3), got {array.shape}; poses of another skeleton '
            'need a joint_map')
    return joints if joints.shape[2] == 3 else with_scores(joints)


def _keypoints_of(record: Any, index: int, place: int) -> np.ndarray:
    """Keypoints of a COCO record, (J, 3)."""
    if not isinstance(record, dict) or 'keypoints' not in record:
        raise ValueError(f'pose {index} of image {place} has no keypoints')
    try:
        return np.reshape(
            np.asarray(record['keypoints'], np.float64), (-1, 3))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f'keypoints of pose {index} of image {place} must be 3 numbers '
            f'for each joint: {error}') from error


def _loader(image: ImageLike, place: int,
            channel_order: str) -> Callable[[], np.ndarray]:
    """Make what loads an image, BGR, uint8 (H, W, 3)."""
    if isinstance(image, (str, Path)):
        if not Path(image).is_file():
            raise FileNotFoundError(f'the image {image} does not exist')
        return partial(load_image, image)
    if isinstance(image, Image.Image):
        return lambda: np.asarray(image.convert('RGB'))[..., ::-1].copy()
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 \
            or image.ndim not in (2, 3) or not image.size \
            or image.shape[2:] not in ((), (1, ), (3, )):
        kind = f'{image.dtype} {image.shape}' if isinstance(
            image, np.ndarray) else type(image).__name__
        raise ValueError(f'image {place} must be a file, an open image or an '
                         f'array, uint8 (H, W, 3) or (H, W), got {kind}')
    return partial(_to_bgr, image, channel_order)


def _to_bgr(image: np.ndarray, channel_order: str) -> np.ndarray:
    if image.ndim == 2 or image.shape[2] == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, 2)
    return np.ascontiguousarray(
        image if channel_order == 'bgr' else image[..., ::-1])


def _finish(joint_map: JointMap, result: ImageResult) -> PoseRefinement:
    """Put refined poses in their places among those of the input."""
    joints, records = result.key
    shape = joints.shape[:2]
    before = joints[..., :2].astype(np.float32)
    refinement = PoseRefinement(
        before.copy(), joints[..., 2].astype(np.float32),
        np.zeros(shape, np.float32),
        np.full((shape[0], 2), np.nan, np.float32), np.zeros(0),
        np.zeros(shape[0], bool),
        [record.problem or result.problem for record in records])
    if result.problem is None:
        for row, record in enumerate(_usable(records)):
            for whole, refined in (
                    (refinement.keypoints, result.keypoints),
                    (refinement.confidences, result.confidences)):
                whole[record.index] = joint_map.put(
                    whole[record.index], refined[row])
            refinement.pose_scores[record.index] = result.pose_scores[row]
            refinement.refined[record.index] = True
    refinement.shifts = np.linalg.norm(refinement.keypoints - before, axis=-1)
    refinement.shifts[~present_joints(joints)] = np.nan
    return refinement
