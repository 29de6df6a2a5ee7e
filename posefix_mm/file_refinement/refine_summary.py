"""What became of the records of a file."""
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Mapping, Optional

from ..evaluation.explain_mismatch import Explanation

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
        unrefined (Dict[int, str]): Reasons by position of the records that
            came back as they were.
        codes (Dict[str, int]): Records that are not in the output refined, by
            the codes of the log.
        log (Path | None): The log, which names every one of them.
        before (Dict[str, float] | None): COCO statistics of the input, where
            there are annotations.
        after (Dict[str, float] | None): The same of the output.
        explanations (List[Explanation]): What in results and annotations does
            not meet, so that a low AP is never unexplained.
        fit (List[str]): What the check before told.
    """

    total: int = 0
    refined: int = 0
    dropped: int = 0
    unrefined: Dict[int, str] = field(default_factory=dict)
    codes: Dict[str, int] = field(default_factory=dict)
    log: Optional[Path] = None
    before: Optional[Dict[str, float]] = None
    after: Optional[Dict[str, float]] = None
    explanations: List[Explanation] = field(default_factory=list)
    fit: List[str] = field(default_factory=list)

    def reasons(self) -> Counter:
        """Count the reasons of records that were not refined."""
        return Counter(self.unrefined.values())

    def remedies(self) -> List[str]:
        """Sum up by code what was not refined, with one remedy each."""
        examples: Dict[str, str] = {}
        for text in self.unrefined.values():
            examples.setdefault(getattr(text, 'code', ''), text)
        return sum_up(self.codes, examples)


def sum_up(codes: Mapping[str, int], examples: Dict[str, str]) -> List[str]:
    """Sum up problems by code, with an example and a remedy each.

    Args:
        codes (Mapping[str, int]): How often each came.
        examples (Dict[str, str]): One text for each that is named.

    Returns:
        List[str]: The most frequent first.
    """
    return [
        f'{count} x {code}: {examples[code]}{remedy_of(code, examples[code])}'
        for code, count in sorted(codes.items(), key=lambda item: -item[1])
        if code in examples
    ]


def remedy_of(code: str, text: str, pictures: str = '--img-dir') -> str:
    """Tell what to do about a problem, naming the option.

    Args:
        code (str): Of the problem.
        text (str): What it says.
        pictures (str): How pictures are named. Defaults to ``'--img-dir'``.

    Returns:
        str: To be put behind the text; empty where nothing is known.
    """
    numbers = re.search(r'got (\d+)', text)
    if code == 'keypoint_count' and numbers is not None:
        count = int(numbers[1])
        if not count:
            return '; there is nothing in them to refine'
        joints = count // 3 if count % 3 == 0 and 'numbers' in text else count
        name = _SKELETONS.get(joints, 'NAME')
        return f'; {count} numbers: --joint-map {name}'
    if code == 'category' and not re.match('category -?[0-9]', text):
        return '; write the number of the category as category_id'
    remedy = _REMEDIES.get(code, '').format(pictures=pictures)
    return f'; {remedy}' if remedy else ''


class NothingRefinedError(ValueError):
    """Not a single pose could be refined.

    Args:
        summary (RefineSummary): What became of the records.
        out (Path): The output, which is not written.
    """

    def __init__(self, summary: RefineSummary, out: Path) -> None:
        self.summary = summary
        why = ''.join(f'\n  {line}' for line in summary.remedies()) \
            if summary.total else ' there is none'
        super().__init__(
            f'none of {summary.total} poses can be refined, so {out} is not '
            f'written (--allow-empty writes it as it came):{why}')


class NotAllRefinedError(ValueError):
    """Some records could not be refined, and all should be.

    Args:
        summary (RefineSummary): What became of the records.
        out (Path): The output, which is not written.
    """

    def __init__(self, summary: RefineSummary, out: Path) -> None:
        self.summary = summary
        counts = ', '.join(f'{n} x {code}'
                           for code, n in sorted(summary.codes.items()))
        super().__init__(
            f'{len(summary.unrefined)} of {summary.total} records could not '
            f'be refined ({counts}), so {out} is not written; {summary.log} '
            'names them')
