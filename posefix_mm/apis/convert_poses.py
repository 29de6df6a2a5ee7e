"""Convert poses from one format to another."""
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..file_refinement.refine_summary import sum_up
from ..formats import FORMATS, PoseFile, SourceSkeleton
from ..formats.coco import read_annotations
from ..formats.joint_maps import load_source_joints, source_names
from ..formats.open_file import find_reader
from ..formats.pose_list import PoseList
from ..images.image_finder import ImageFinder, ImageList, size_of, stem_of
from ..images.image_source import ImageProblem, ImageSource
from ..structures.image_ref import ImageRef
from ..structures.joint_map import JointMap
from ..structures.pose_records import Problem

# Of formats that do not name their joints, if the user does not either.
_DEFAULT_JOINTS = 'coco'


@dataclass
class ConvertSummary:
    """What became of the poses.

    Attributes:
        total (int): Poses read.
        converted (int): Poses written.
        unconverted (Counter): Poses that can't be read, by the code of their
            problem.
        examples (dict[str, str]): A text for each of these codes.
        lost (Counter): Poses that lost something for which the written format
            has no place, by its name; joints that the written skeleton lacks
            are called ``joint NAME``. Also images without poses.
    """

    total: int = 0
    converted: int = 0
    unconverted: Counter = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    lost: Counter = field(default_factory=Counter)


class NothingConvertedError(ValueError):
    """There are poses, but not a single one could be read."""


def writable_formats() -> list[str]:
    """Names of the formats that poses of others can be written in."""
    return [name for name, reader in FORMATS.items() if reader.create]


def convert_poses(poses: str | Path,
                  out: str | Path,
                  target_format: str,
                  *,
                  source_format: str = 'auto',
                  joint_map: str | Path | None = None,
                  skeleton: str | Path | None = None,
                  ann: str | Path | None = None,
                  img_dir: str | Path | None = None) -> ConvertSummary:
    """Convert a file or folder of poses to another format.

    Args:
        poses (str | Path): File or folder to read.
        out (str | Path): File or folder to write; a folder must not hold
            anything yet.
        target_format (str): One of :func:`writable_formats`.
        source_format (str): One of :data:`posefix_mm.formats.FORMATS`.
            Defaults to ``'auto'``.
        joint_map (str | Path, optional): Names of the source's joints: one of
            the package's joint maps or a config, whose ``joints`` rename
            them. Defaults to the names in the file, else COCO's.
        skeleton (str | Path, optional): Joints to write, by the name of a
            joint map or a config. Defaults to the source's, or the skeleton
            of the format if it has one.
        ann (str | Path, optional): COCO file whose ``images`` link ids, names
            and sizes of images.
        img_dir (str | Path, optional): Folder of the images, for their names
            and sizes.

    Returns:
        ConvertSummary: What became of the poses.

    Raises:
        FileNotFoundError: If a file does not exist.
        ImportError: If a format needs a package that is not installed.
        NothingConvertedError: If poses are malformed, and all of them are.
        ValueError: If a file is malformed, or something that the written
            format needs is not known; the message tells what to add.
    """
    poses, out = Path(poses), Path(out)
    if target_format not in writable_formats():
        raise ValueError(f'there is no writer of the format {target_format!r}'
                         f'; use one of {", ".join(writable_formats())}')
    if out.exists() and poses.exists() and out.samefile(poses):
        raise ValueError(f'the output {out} would overwrite the input')
    reader = find_reader(poses, source_format)
    names = list(source_names(reader.joint_names(poses), joint_map)
                 or load_source_joints(_DEFAULT_JOINTS).names)
    source = reader(poses, SourceSkeleton(
        JointMap.identity(len(names)), categories=None))
    known = _NamedImages(ann, img_dir)
    images = [known.describe(ref) for ref in source.images]
    read, unconverted, examples = _read_all(source, images)
    if not read and unconverted.keys() - {'no_keypoint'}:
        why = ''.join(f'\n  {line}' for line in sum_up(
            unconverted, examples))
        raise NothingConvertedError(
            f'none of the {len(source)} poses of {poses} can be converted, so '
            f'{out} is not written:{why}')
    names = _renamed(names, joint_map)
    empty = [known.describe(ref) for ref in source.images_without_poses()]
    target = FORMATS[target_format]
    if target.holds_empty_images:
        images += empty
        images += known.unused(images)
        empty = []
    converted, lost = _to_skeleton(
        _gather(names, images, read),
        _target_joints(names, target_format, skeleton))
    lost += target.create(out, converted)
    lost['image without poses'] = len(empty)
    return ConvertSummary(
        len(source), len(converted), unconverted, examples, +lost)


def _renamed(names: Sequence[str],
             joint_map: str | Path | None) -> list[str]:
    """Names after the renaming of a joint map."""
    if joint_map is None or joint_map == 'identity':
        return list(names)
    pairs = load_source_joints(joint_map).pairs
    new = {old: name for name, old in pairs.items()}
    return [new.get(name, name) for name in names]


def _target_joints(names: Sequence[str], target_format: str,
                   skeleton: str | Path | None) -> Sequence[str]:
    """Names of the joints to write."""
    fixed = FORMATS[target_format].skeletons
    if skeleton is None and not fixed:
        return names
    if skeleton is None:
        own = [load_source_joints(name).names for name in fixed]
        return names if names in own else own[0]
    target = load_source_joints(skeleton).names
    if target is None:
        raise ValueError(f'{skeleton} does not name the joints to write')
    if fixed and skeleton not in fixed:
        raise ValueError(f'the format {target_format} has joints of its own: '
                         f'{" or ".join(fixed)}, not {skeleton}')
    return target


def _read_all(source: PoseFile, images: Sequence[ImageRef]
              ) -> tuple[list[tuple], Counter, dict[str, str]]:
    """Read the poses image by image; count what can't be read by code.

    Each pose is a record, the place of its image, and its other fields.
    """
    read: list[Any] = [None] * len(source)
    problems: Counter = Counter()
    examples: dict[str, str] = {}
    order = np.argsort(source.image_index, kind='stable')
    bounds = np.flatnonzero(np.diff(source.image_index[order])) + 1
    for indices in np.split(order, bounds) if len(order) else ():
        number = int(source.image_index[indices[0]])
        size = images[number].size if number >= 0 else None
        for record in source.read(indices.tolist(), size):
            if record.problem is None and number >= 0:
                read[record.index] = (record, number,
                                      source.other_fields(record, size))
                continue
            problem = record.problem or Problem('image_id', 'the record names '
                                                'no image')
            if problem.code == 'image_size':
                images[number].need_size()
            problems[problem.code] += 1
            examples.setdefault(problem.code,
                                f'record {record.index}: {problem}')
    return [one for one in read if one is not None], problems, examples


def _gather(names: Sequence[str], images: list[ImageRef],
            read: list[tuple]) -> PoseList:
    """Put the poses into arrays."""
    records, places, fields = ([*c] for c in zip(*read, strict=True)) \
        if read else ([], [], [])
    shape = (len(read), len(names))
    visible = np.array([r.visible for r in records], bool).reshape(shape)
    scores = _doubles([r.keypoint_scores for r in records]).reshape(shape)
    keypoints = _doubles([r.keypoints for r in records]).reshape(*shape, 2)
    return PoseList(
        names,
        images,
        np.array(places, np.int64),
        keypoints * visible[..., None],
        scores * visible,
        visible,
        np.array([r.score for r in records], np.float64),
        np.array([r.category_id for r in records], np.int64),
        fields)


def _doubles(values: Sequence[np.ndarray]) -> np.ndarray:
    """Make doubles with as few digits as single precision is good for."""
    return np.array(values, np.float32).astype(str).astype(np.float64)


def _to_skeleton(poses: PoseList,
                 target: Sequence[str]) -> tuple[PoseList, Counter]:
    """Bring poses to another skeleton; count what it has no joint for."""
    if list(target) == list(poses.joint_names):
        return poses, Counter()
    joint_map = JointMap.from_names(poses.joint_names, target)
    missing = np.setdiff1d(
        np.arange(len(poses.joint_names)), joint_map.places[joint_map.known])
    lost = Counter({
        f'joint {poses.joint_names[j]}': int(poses.visible[:, j].sum())
        for j in missing.tolist()
    })
    return replace(poses, joint_names=target, **{
        name: joint_map.take(getattr(poses, name), axis=1)
        for name in ('keypoints', 'keypoint_scores', 'visible')}), +lost


class _NamedImages:
    """Names, ids and sizes of images: of a COCO file, and of a folder."""

    def __init__(self,
                 ann: str | Path | None = None,
                 img_dir: str | Path | None = None) -> None:
        images = [] if ann is None else read_annotations(ann)['images']
        self._list = ImageList(images)
        self.listed = [
            ImageRef(image['id'], image['file_name'], size=size_of(image))
            for image in images
        ]
        self._source = None if img_dir is None else ImageSource(
            ImageFinder(img_dir))

    def describe(self, ref: ImageRef) -> ImageRef:
        """Describe an image that a file of poses names, with all known."""
        if ref.frame is not None and ref.image_id is not None:
            ref = self._picture_or_frame(ref)
        image_id, name = ref.image_id, ref.file_name
        if isinstance(image_id, str):
            image_id, name = None, name or image_id
        listed = None
        for key in (name, ref.stem, image_id):
            place = -1 if key is None else self._list.find(key).place
            if place >= 0:
                listed = self.listed[place]
                break
        size, frame = ref.size, ref.frame
        if listed is not None:
            image_id, name, size = (listed.image_id, listed.file_name,
                                    listed.size)
        known = ref._replace(image_id=image_id, file_name=name, size=None)
        if self._source is not None:  # one that is not there stays as it is
            with suppress(ImageProblem):
                picture = self._source.find(known)
                if name is None:
                    name = picture.path.relative_to(
                        self._source.finder.root).as_posix()
                    frame = picture.frame
                size = size or self._source.size(known)
        stem = ref.stem if name is None else stem_of(name)
        return ImageRef(image_id, name, stem, frame, size)

    def _picture_or_frame(self, ref: ImageRef) -> ImageRef:
        """Decide what a number means that may be that of a picture."""
        picture = ImageRef(ref.image_id, size=ref.size)
        frame = ref._replace(image_id=None)
        if self._source is not None:
            with suppress(ImageProblem):
                return picture if self._source.find(ref).frame is None \
                    else frame
        return picture if self._list.find(ref.image_id).place >= 0 else frame

    def unused(self, used: Sequence[ImageRef]) -> list[ImageRef]:
        """List images of ``ann`` that are none of ``used``."""
        names = {image.file_name for image in used}
        return [
            image._replace(stem=stem_of(image.file_name))
            for image in self.listed if image.file_name not in names
        ]
