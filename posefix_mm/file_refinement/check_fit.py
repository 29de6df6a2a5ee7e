"""Whether poses, refiner and pictures fit, before anything is refined."""
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..formats import PoseFile
from ..formats.joint_maps import load_source_joints
from ..formats.open_file import find_reader, open_pose_file
from ..images.image_source import ImageProblem, ImageSource
from ..inference import PosePredictor
from ..structures.joint_map import plain_name
from ..structures.pose_records import Problem, category_of, looks_normalised
from .refine_summary import was_refined

# Pictures that are looked for; more take time and tell nothing new.
_PICTURES = 100
# Estimators guess some joints beyond the border, seldom most of a pose.
_MAX_OUTSIDE = .5
# Poses and sizes of pictures after which it is no chance that all poses are in
# one quarter: at most 1 in 100 photos has them there. Joints that are guessed
# beyond the border lie beyond the quarter.
_CORNER_POSES, _CORNER_SIZES, _CORNER_BEYOND = 20, 5, .05
# Share of the smaller skeleton's joints that have the same name where it is
# the same kind of body: 12 of CrowdPose's 14 are COCO's, 11 of AP-10K's 17.
_SAME_KIND = .7


class ChosenCategories(NamedTuple):
    """Categories that are refined, None for all, and why these."""

    ids: Sequence[int] | None
    reason: str


def choose_categories(described: Sequence[dict], names: Sequence[str],
                      default: Sequence[int] | None,
                      joint_map: str | Path | None = None
                      ) -> ChosenCategories | None:
    """Choose the categories that have the refiner's joints.

    Args:
        described (Sequence[dict]): COCO's ``categories`` of the poses' file,
            or of its annotations.
        names (Sequence[str]): The refiner's keypoints, (K, ).
        default (Sequence[int], optional): Categories of the refiner, None if
            it is for all.
        joint_map (str | Path, optional): The user's, whose joints count then.

    Returns:
        ChosenCategories | None: None if no category names its joints.

    Raises:
        ValueError: If all that do are another kind of body.
    """
    named = [c for c in described if isinstance(c.get('keypoints'), list)
             and c['keypoints'] and category_of(dict(
                 category_id=c.get('id'))) is not None]
    if not named:
        return None
    if isinstance(joint_map, (str, Path)) and joint_map != 'identity':
        names = load_source_joints(joint_map).names or names
    same = named
    if joint_map in (None, 'identity'):
        same = [
            c for c in named
            if len({*map(plain_name, c['keypoints'])}
                   & {*map(plain_name, names)}) >= _SAME_KIND * min(
                len(c['keypoints']), len(names))
            or (joint_map and len(c['keypoints']) == len(names))
        ]
    if not same:
        first = named[0]
        raise ValueError(
            f'category {first.get("id")} ({first.get("name")}) has the joints '
            f'{", ".join(map(str, first["keypoints"])):.200}; the refiner is '
            f'for {", ".join(names):.200}: another kind of body is not '
            'refined. If it is the same under other names, say so with '
            '--joint-map (identity: the same order); or choose with '
            '--categories')
    ids = [category_of(dict(category_id=c['id'])) for c in same]
    if default is not None and len(ids) > 1:  # the refiner's, if among them
        ids = [i for i in ids if i in default] or ids[:1]
    return ChosenCategories(ids, 'it has the joints of the refiner')


def category_by_count(present: Sequence[int],
                      default: Sequence[int] | None) -> ChosenCategories:
    """Choose the only category that is ``present``, else ``default``."""
    if default is not None and len(present) == 1 and present[0] not in default:
        return ChosenCategories(present, 'the only one of the file')
    return ChosenCategories(default, 'the refiner is for it')


class FittingPoses(NamedTuple):
    """Poses that a refiner can take, and how category and format are known."""

    file: PoseFile
    chosen: ChosenCategories
    format: str


def other_shape(size: tuple[int, int]) -> Problem:
    """Describe a picture, of a width and height, of another shape."""
    return Problem('image_size_differs', 'the picture has another shape, '
                   f'{size[0]} x {size[1]}, than its size in the annotations '
                   'says')


def check_pose(joints: np.ndarray, size: tuple[int, int],
               scale: float | None) -> Problem | None:
    """Check that a pose can be one of a picture.

    Args:
        joints (np.ndarray): Its present joints, (J, 2).
        size (tuple[int, int]): Width and height of the picture.
        scale (float, optional): Factor from the pixels of the joints to those
            of the picture; None if it is another picture.
    """
    if scale is None:
        return other_shape(size)
    if looks_normalised(joints[None]).all():
        return Problem('coordinates_normalised', 'coordinates are between 0 '
                       'and 1, shares of the width and height of the picture')
    places = joints * scale
    beyond = ((places < 0) | (places > size)).any(1)
    if beyond.mean() > _MAX_OUTSIDE:
        return Problem('outside_image', f'{beyond.sum()} of {len(places)} '
                       'joints lie outside of the picture, which has '
                       f'{size[0]} x {size[1]} pixels')
    return None


def open_fitting(predictor: PosePredictor,
                 poses: str | Path,
                 *,
                 pose_format: str = 'auto',
                 joint_map: str | Path | None = None,
                 categories: Sequence[int] | None = None,
                 described: Sequence[dict] = ()) -> FittingPoses:
    """Open poses for a refiner, as :func:`posefix_mm.formats.open_pose_file`.

    Categories to refine default to those that have the refiner's joints, in
    the file's own list or in ``described``, the ``categories`` of
    annotations; else to the only one of the file, or the refiner's.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If they do not fit; the message tells what to do.
    """
    poses = Path(poses)
    reader = find_reader(poses, pose_format)
    own = reader.categories(poses)
    described = own or described
    chosen = None
    if categories is not None:
        chosen = ChosenCategories(list(categories), 'by --categories')
    elif described:
        try:
            chosen = choose_categories(described, predictor.keypoint_names,
                                       predictor.categories, joint_map)
        except ValueError as error:
            raise ValueError(f'{poses}: {error}') from error
    pose_file = open_pose_file(
        poses,
        target_names=predictor.keypoint_names,
        format=reader.name,
        joint_map=joint_map,
        categories=predictor.categories if chosen is None else chosen.ids,
        listed=described)
    present = [c for c in pose_file.category_counts if c is not None]
    if chosen is None or not (own or categories or set(present).intersection(
            chosen.ids)):  # annotations may number them otherwise
        chosen = category_by_count(present, predictor.categories)
        pose_file.skeleton = pose_file.skeleton._replace(categories=chosen.ids)
    return FittingPoses(
        pose_file, chosen,
        'detected' if pose_format == 'auto' else 'by --format')


def describe_fit(poses: FittingPoses, predictor: PosePredictor,
                 source: ImageSource, *,
                 ann: str | Path | None = None) -> list[str]:
    """Describe what will be done, a line for each thing that can be wrong.

    These are format, joints, category and pictures; and a note if the poses
    were refined before.
    """
    file = poses.file
    lines = [
        f'format: {file.name}, {poses.format}: {len(file)} poses of '
        f'{len(file.images)} images', _joints(file, predictor),
        _categories(poses), _pictures(file, source, ann)
    ]
    if _in_a_corner(file, source):
        lines.append('note: all poses lie in the upper left quarter of their '
                     'pictures; if the estimator saw smaller ones, name their '
                     'sizes with --ann')
    sign = was_refined(file)
    if sign is not None:
        lines.append(f'note: {file.path} was refined before (see {sign}); it '
                     'is refined again')
    return lines


def _in_a_corner(file: PoseFile, source: ImageSource) -> bool:
    """Whether poses look as if their pictures had been half as large.

    Nearly all joints lie in the upper left quarter of pictures of several
    sizes: one camera may have everybody there, photos have not.
    """
    count, sizes, beyond = len(file.images), set(), []
    for place in np.linspace(0, count - 1, min(count, _PICTURES)).astype(int):
        ref = file.images[int(place)]
        try:
            picture = source.find(ref)
            if picture.size is not None or picture.frame is not None:
                return False  # its size is checked, or it is one of a camera
            size = source.size(ref)
        except ImageProblem:
            continue
        sizes.add(size)
        indices = np.flatnonzero(file.image_index == place)
        beyond += [
            (r.keypoints[r.visible] > np.array(size) / 2).any(1).mean()
            for r in file.read(indices.tolist(), size) if r.problem is None]
        if len(beyond) >= _CORNER_POSES and np.mean(beyond) > _CORNER_BEYOND:
            return False
    return len(beyond) >= _CORNER_POSES and len(sizes) >= _CORNER_SIZES \
        and np.mean(beyond) <= _CORNER_BEYOND


def _joints(file: PoseFile, predictor: PosePredictor) -> str:
    joint_map, names = file.skeleton.joint_map, predictor.keypoint_names
    text = (f'joints: {joint_map.num_source} of each pose, {len(names)} of '
            'the refiner, ')
    if (joint_map.num_source == len(names)
            and (joint_map.places == np.arange(len(names))).all()):
        return f'{text}the same skeleton'
    absent = [n for n, known in zip(names, joint_map.known, strict=True)
              if not known]
    text += f'{joint_map.known.sum()} in common'
    return f'{text}; absent: {", ".join(absent)}' if absent else text


def _categories(poses: FittingPoses) -> str:
    ids, reason = poses.chosen
    if ids is None:
        return f'category: all, {reason.replace("it", "all")}'
    counts = poses.file.category_counts
    present = ', '.join(
        f'{"none that is a number" if c is None else c} ({n} poses)'
        for c, n in sorted(counts.items(), key=lambda item: -item[1])[:5])
    text = f'category: {", ".join(map(str, ids))}, {reason}'
    return f'{text}; the file has {present}' if present else text


def _pictures(file: PoseFile, source: ImageSource,
              ann: str | Path | None) -> str:
    count = len(file.images)
    places = np.unique(np.linspace(0, count - 1, min(count, _PICTURES)).astype(
        int)) if count else []
    num_found, example, missing, scales = 0, '', '', set()
    for place in places:
        ref = file.images[int(place)]
        try:
            picture = source.find(ref)
            scale = source.scale(ref, source.size(ref)) \
                if picture.size else 1.
        except ImageProblem as error:
            missing = missing or f'; {error}'
            continue
        num_found += 1
        scales.add(None if scale is None else round(scale, 3))
        if not example:
            path = picture.path.relative_to(source.finder.root).as_posix()
            frame = '' if picture.frame is None else f' frame {picture.frame}'
            name = '' if ref.label is None else ref.label
            example = f', such as {name!r:.60}: {path}{frame}'
    by = 'names and numbers' if ann is None else f'the images of {ann}'
    tried = ' tried' if len(places) < count else ''
    others = ', '.join(f'{scale:g}' for scale in sorted(scales - {1., None}))
    scaled = f'; pictures are {others} times the size in the annotations, ' \
        'poses are scaled' if others else ''
    return (f'pictures: by {by} in {source.finder.root}: {num_found} of '
            f'{len(places)}{tried} found{example}{missing}{scaled}')
