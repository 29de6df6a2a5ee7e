"""Check that poses, refiner and pictures fit before anything is refined."""
from pathlib import Path
from typing import Any, List, NamedTuple, Optional, Sequence, Union

import numpy as np

from ..formats import PoseFile
from ..formats.choose_categories import (
    ChosenCategories,
    category_by_count,
    choose_categories,
)
from ..formats.open_file import find_reader, open_pose_file
from ..images.image_files import ImageProblem
from ..images.image_source import ImageSource
from ..inference import PosePredictor
from ..structures.image_ref import ImageRef
from .refine_log import was_refined

PathLike = Union[str, Path]
# So many pictures are looked for; more take time and tell nothing new.
_PICTURES = 100


class FittingPoses(NamedTuple):
    """Poses that a refiner can take, and why.

    Attributes:
        file (PoseFile): The poses.
        chosen (ChosenCategories): Categories that are refined.
        format (str): How its format is known.
    """

    file: PoseFile
    chosen: ChosenCategories
    format: str


def open_fitting(predictor: PosePredictor,
                 poses: PathLike,
                 *,
                 pose_format: str = 'auto',
                 joint_map: Optional[PathLike] = None,
                 categories: Optional[Sequence[int]] = None,
                 described: Sequence[dict] = ()) -> FittingPoses:
    """Open poses for a refiner.

    Args:
        predictor (PosePredictor): The refiner.
        poses (str | Path): File or folder.
        pose_format (str): One of :data:`posefix_mm.formats.FORMATS`.
        joint_map (str | Path, optional): See
            :func:`posefix_mm.formats.open_pose_file`.
        categories (Sequence[int], optional): Categories to refine. Defaults
            to those that have the refiner's joints, in the file's own list or
            in ``described``; else the only one of the file, or the refiner's.
        described (Sequence[dict]): ``categories`` of annotations.

    Returns:
        FittingPoses: The poses.

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
    return FittingPoses(pose_file, chosen, 'told by what is in it'
                        if pose_format == 'auto' else 'by --format')


def describe_fit(poses: FittingPoses, predictor: PosePredictor,
                 source: ImageSource, *,
                 ann: Optional[PathLike] = None) -> List[str]:
    """Say what will be done, a line for each thing that could be wrong.

    Args:
        poses (FittingPoses): From :func:`open_fitting`.
        predictor (PosePredictor): The refiner.
        source (ImageSource): The pictures.
        ann (str | Path, optional): Annotations that name them.

    Returns:
        List[str]: Format, joints, category and pictures; and a note if these
        poses were refined before.
    """
    file = poses.file
    lines = [
        f'format: {file.name}, {poses.format}: {len(file)} poses of '
        f'{len(file.images)} images', _joints(file, predictor),
        _categories(poses), _pictures(file, source, ann)
    ]
    sign = was_refined(file)
    if sign is not None:
        lines.append(f'note: {file.path} was refined before (see {sign}); it '
                     'is refined again')
    return lines


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
        f'{_shown(c)} ({n} poses)' for c, n in sorted(
            counts.items(), key=lambda item: -item[1])[:5])
    text = f'category: {", ".join(map(str, ids))}, {reason}'
    return f'{text}; the file has {present}' if present else text


def _shown(category: Any) -> str:
    return 'none that is a number' if category is None else str(category)


def _pictures(file: PoseFile, source: ImageSource,
              ann: Optional[PathLike]) -> str:
    count = len(file.images)
    places = np.unique(np.linspace(0, count - 1, min(count, _PICTURES)).astype(
        int)) if count else []
    found, example, missing = 0, '', ''
    scales = set()
    for place in places:
        ref = file.images[int(place)]
        try:
            picture = source.find(ref)
            scale = source.scale(ref, source.size(ref)) \
                if picture.size else 1.
        except ImageProblem as error:
            missing = missing or f'; {error}'
            continue
        found += 1
        scales.add(None if scale is None else round(scale, 3))
        example = example or f', such as {_name(ref)}: ' + \
            picture.path.relative_to(source.finder.root).as_posix() + (
                '' if picture.frame is None else f' frame {picture.frame}')
    by = 'names and numbers' if ann is None else f'the images of {ann}'
    others = scales - {1., None}
    scaled = f'; pictures are {", ".join(f"{s:g}" for s in sorted(others))}' \
        f' times the size in the annotations, poses are scaled' \
        if others else ''
    return (f'pictures: by {by} in {source.finder.root}: {found} of '
            f'{len(places)}{" tried" if len(places) < count else ""} '
            f'found{example}{missing}{scaled}')


def _name(ref: ImageRef) -> str:
    name = next((n for n in (ref.image_id, ref.file_name, ref.stem)
                 if n is not None), '')
    return f'{name!r:.60}'
