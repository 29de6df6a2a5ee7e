"""What became of the records of a file: a summary, and a log.

The log has a line for each record that is not refined.
"""
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson

from ..evaluation.explain_mismatch import Explanation
from ..fileio import atomic_write, hash_files
from ..formats import PoseFile, RefinedPoses
from ..structures.pose_records import PoseRecord, Problem

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

    @classmethod
    def of(cls, poses: RefinedPoses, problems: Sequence[tuple[int, str, str]],
           log: str | Path, fit: list[str]) -> 'RefineSummary':
        """Sum up what became of poses, and the problems of the others."""
        return cls(
            total=len(poses.refined),
            refined=int(poses.refined.sum()),
            dropped=int(poses.dropped.sum()),
            unrefined={i: Problem(code, text) for i, code, text in problems},
            codes=dict(Counter(code for _, code, _ in problems)),
            log=Path(log),
            fit=fit)

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
    """Name the remedy of a problem; pictures are named by ``pictures``.

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
    if code == 'keypoints' and text.endswith('got None'):
        return ('; boxes and masks alone are no poses: name the file of the '
                'keypoints')
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
    """Find what shows that poses are the output of a refinement.

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
    """Check for the fields that only a refinement writes."""
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
    ref = pose_file.images[image]
    name = ref.name
    if isinstance(name, str):  # half of a surrogate pair is no UTF-8
        name = name.encode(errors='backslashreplace').decode()
    if isinstance(name, int) and name.bit_length() > 63:
        name = str(name)
    return name if ref.frame is None else f'{name}#{ref.frame}'
