"""What is said of a file: whether it fits, and what became of its records.

Poses, refiner and pictures are checked before anything is refined; a summary,
and a log of each record that is not refined, tell about it afterwards.
"""
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from ..evaluation.explain_mismatch import Explanation, looks_normalised
from ..fileio import atomic_write, hash_files
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
from ..structures.pose_records import PoseRecord, Problem

# Pictures that are looked for; more take time and tell nothing new.
_PICTURES = 100
# Estimators guess some joints beyond the border, seldom most of a pose.
_MAX_OUTSIDE = .5
#: Code of records that OKS-NMS dropped.
DUPLICATE = 'duplicate'
# Fields that refined records of COCO results get, and how many records are
# searched for them.
_FIELDS = {'predicted_oks', 'score_before'}
_SEARCHED = 100
# Skeletons that are known by their number of joints.
_SKELETONS = {14: 'crowdpose', 16: 'mpii', 18: 'openpose_coco18',
              25: 'openpose_body25', 26: 'halpe26', 33: 'mediapipe33',
              133: 'coco_wholebody', 136: 'halpe136'}
_REMEDIES = {
    'coordinates_normalised': 'multiply x by the width and y by the height '
                              'of the picture',
    'category': 'choose what is refined with --categories',
    'frame_missing': 'name the folder of the right video with {pictures}',
    'image_id': 'write an image_id into each record',
    'image_missing': 'name the folder of the pictures with {pictures}, or the '
                     'list of their ids and names with --ann',
    'image_size_differs': 'name the pictures that were annotated with '
                          '{pictures}',
    'image_unreadable': 'replace the picture',
    'no_image': 'name all pictures with {pictures}, or the list of their ids '
                'and names with --ann',
    'outside_image': 'name the pictures that the estimator saw with '
                     '{pictures}, or their sizes with --ann',
    'score_not_positive': 'a score of 0 says that there is nobody; write one '
                          'above 0 for poses to refine',
    'skeleton': 'poses of other skeletons need a run of their own',
}


@dataclass
class RefineSummary:
    """What became of the records.

    Attributes:
        total (int): Records read.
        refined (int): Records refined, those that NMS dropped included.
        dropped (int): Records that OKS-NMS dropped.
        unrefined (dict[int, str]): Reasons by position of the records that
            came back as they were.
        codes (dict[str, int]): Records that are not in the output refined, by
            the codes of the log.
        log (Path | None): The log, which names every one of them.
        before (dict[str, float] | None): COCO statistics of the input, where
            there are annotations.
        after (dict[str, float] | None): The same of the output.
        explanations (list[Explanation]): What in results and annotations does
            not meet, so that a low AP is never unexplained.
        fit (list[str]): Lines of the check before the run.
    """

    total: int = 0
    refined: int = 0
    dropped: int = 0
    unrefined: dict[int, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    log: Path | None = None
    before: dict[str, float] | None = None
    after: dict[str, float] | None = None
    explanations: list[Explanation] = field(default_factory=list)
    fit: list[str] = field(default_factory=list)

    def remedies(self) -> list[str]:
        """Sum up by code what was not refined, with one remedy each."""
        examples: dict[str, str] = {}
        for text in self.unrefined.values():
            examples.setdefault(getattr(text, 'code', ''), text)
        return sum_up(self.codes, examples)


def sum_up(codes: Mapping[str, int], examples: dict[str, str]) -> list[str]:
    """Sum up counts of problems by code, the most frequent first.

    Each has an example of its text, without which it is left out, and a
    remedy.
    """
    return [
        f'{count} x {code}: {examples[code]}{remedy_of(code, examples[code])}'
        for code, count in sorted(codes.items(), key=lambda item: -item[1])
        if code in examples
    ]


def remedy_of(code: str, text: str, pictures: str = '--img-dir') -> str:
    """Tell what to do about a problem; pictures are named by ``pictures``.

    It is put behind the text of the problem; empty where nothing is known.
    """
    numbers = re.search(r'got (\d+)', text)
    if code == 'keypoint_count' and numbers is not None:
        count = int(numbers[1])
        if not count:
            return '; there is nothing in them to refine'
        joints = count // 3 if count % 3 == 0 and 'numbers' in text else count
        if joints not in _SKELETONS:
            return ('; name the joints with a joint map of your own: '
                    '--joint-map FILE')
        return f'; {count} numbers: --joint-map {_SKELETONS[joints]}'
    if code == 'category' and not re.match('category -?[0-9]', text):
        return '; write the number of the category as category_id'
    remedy = _REMEDIES.get(code, '').format(pictures=pictures)
    return f'; {remedy}' if remedy else ''


class NothingRefinedError(ValueError):
    """Not a single pose could be refined; the output is not written."""

    def __init__(self, summary: RefineSummary, out: Path) -> None:
        self.summary = summary
        why = ''.join(f'\n  {line}' for line in summary.remedies()) \
            if summary.total else ' there is none'
        super().__init__(
            f'none of {summary.total} poses can be refined, so {out} is not '
            f'written (--allow-empty writes it as it came):{why}')


class NotAllRefinedError(ValueError):
    """With ``strict``: some records could not be refined."""

    def __init__(self, summary: RefineSummary, out: Path) -> None:
        self.summary = summary
        counts = ', '.join(f'{n} x {code}'
                           for code, n in sorted(summary.codes.items()))
        super().__init__(
            f'{len(summary.unrefined)} of {summary.total} records could not '
            f'be refined ({counts}), so {out} is not written; {summary.log} '
            'names them')


def log_path(out: Path) -> Path:
    """Place of the log, beside the output."""
    return out.with_name(f'{out.name}.log.jsonl')


def write_log(path: Path, pose_file: PoseFile,
              problems: Sequence[tuple[int, str, str]], dropped: np.ndarray,
              refined: int, output: Path | None = None) -> dict[str, int]:
    """Write a line of JSON for each record that is not in the output refined.

    A line holds the ``index`` of the record in the input, its ``image``, a
    ``code`` for programs and a ``reason`` for people. The last line is a
    ``summary`` with counts, and the hash of ``output`` once that is written.
    Returns how many records there are by code.
    """
    duplicates = [(int(index), DUPLICATE, 'dropped by OKS-NMS: a better '
                   'scored pose of the image is nearly the same')
                  for index in np.flatnonzero(dropped)]
    entries = sorted([*problems, *duplicates])
    codes = Counter(code for _, code, _ in entries)
    summary = dict(
        records=len(pose_file),
        refined=refined,
        unrefined=len(problems),
        dropped=len(duplicates),
        codes=dict(sorted(codes.items())))
    if output is not None:
        summary['output'] = _hash(output)
    lines = (dict(index=index, image=_image_name(pose_file, index), code=code,
                  reason=reason) for index, code, reason in entries)
    with atomic_write(path) as file:
        for line in (*lines, dict(summary=summary)):
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    return summary['codes']


def was_refined(pose_file: PoseFile) -> str | None:
    """Tell what shows that poses are the output of a refinement.

    Returns:
        str | None: The log beside them, if it is that of this very content,
        or fields that only a refinement writes; None for other poses.
    """
    log = log_path(pose_file.path)
    try:
        summary = orjson.loads(log.read_bytes().splitlines()[-1])['summary']
        if summary['refined'] > 0 and summary['output'] == _hash(
                pose_file.path):
            return str(log)
    except (OSError, ValueError, LookupError, TypeError):
        pass  # none, or of something else
    for record in pose_file.read(range(min(len(pose_file), _SEARCHED))):
        if is_refined(record):
            return ' and '.join(sorted(_FIELDS))
    return None


def is_refined(record: PoseRecord) -> bool:
    """Tell whether a record has the fields that only a refinement writes."""
    return isinstance(record.raw, dict) and _FIELDS <= record.raw.keys()


def _hash(path: Path) -> str:
    """Hash a file, or the files of a folder."""
    return hash_files(sorted(p for p in path.rglob('*') if p.is_file())
                      if path.is_dir() else [path]).hexdigest()


def _image_name(pose_file: PoseFile, index: int) -> str | int | None:
    """What a person would look for."""
    image = int(pose_file.image_index[index])
    if image < 0:
        return None
    ref: ImageRef = pose_file.images[image]
    names = (ref.file_name, ref.stem, ref.image_id)
    name = next((name for name in names if name is not None), None)
    if isinstance(name, str):  # half of a surrogate pair is no UTF-8
        name = name.encode(errors='backslashreplace').decode()
    if isinstance(name, int) and name.bit_length() > 63:
        name = str(name)
    return name if ref.frame is None else f'{name}#{ref.frame}'


class FittingPoses(NamedTuple):
    """Poses that a refiner can take, and how category and format are known."""

    file: PoseFile
    chosen: ChosenCategories
    format: str


def check_size(size: tuple[int, int],
               scale: float | None) -> Problem | None:
    """Tell whether a picture can be the one whose size is known.

    ``scale`` is that of :func:`common_factor`.
    """
    if scale is not None:
        return None
    return Problem('image_size_differs', 'the picture has another shape, '
                   f'{size[0]} x {size[1]}, than its size in the annotations '
                   'says')


def check_pose(joints: np.ndarray, size: tuple[int, int],
               scale: float | None) -> Problem | None:
    """Tell whether a pose can be one of a picture, or why not.

    Args:
        joints (np.ndarray): Its present joints, (J, 2).
        size (tuple[int, int]): Width and height of the picture.
        scale (float, optional): Factor from the pixels of the joints to those
            of the picture; None if it is another picture.
    """
    if scale is None:
        return check_size(size, scale)
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
    """Say what will be done, a line for each thing that could be wrong.

    These are format, joints, category and pictures; and a note if the poses
    were refined before.
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
            name = next((n for n in (ref.image_id, ref.file_name, ref.stem)
                         if n is not None), '')
            example = f', such as {name!r:.60}: {path}{frame}'
    by = 'names and numbers' if ann is None else f'the images of {ann}'
    tried = ' tried' if len(places) < count else ''
    others = ', '.join(f'{scale:g}' for scale in sorted(scales - {1., None}))
    scaled = f'; pictures are {others} times the size in the annotations, ' \
        'poses are scaled' if others else ''
    return (f'pictures: by {by} in {source.finder.root}: {num_found} of '
            f'{len(places)}{tried} found{example}{missing}{scaled}')
