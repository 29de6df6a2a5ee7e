"""What a page says, in numbers and words; the templates lay it out."""
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from ...datasets.transforms.error_synthesis import ERROR_TYPES
from ...evaluation import STATISTICS, evaluate_keypoints
from ..figures import (
    error_frequency_figure,
    inline_svg,
    joint_change_figure,
    joint_moves_figure,
    oks_change_figure,
    typical_pose,
)
from .comparison import Comparison
from .joint_table import JointRow, joint_table
from .people_cards import PeopleGroup


class KeyNumber(NamedTuple):
    """A number at the top of the page."""

    label: str
    value: str
    note: str = ''


class PrecisionRow(NamedTuple):
    """One COCO statistic, in percent."""

    name: str
    before: float
    after: float
    change: float


@dataclass
class TruthContent:
    """What only annotations can tell.

    Attributes:
        precision (List[PrecisionRow]): COCO statistics.
        oks_text (str): What became of the OKS of all pairs, in words.
        oks (str): The same as an SVG; empty if there is no pair.
        shares (Dict[str, Tuple[float, float]]): Share of each outcome before
            and after, from 0 to 1.
        errors (str): The same as an SVG.
    """

    precision: List[PrecisionRow]
    oks_text: str
    oks: str
    shares: Dict[str, Tuple[float, float]]
    errors: str


@dataclass
class PageContent:
    """All that is on a page.

    Attributes:
        title (str): Heading.
        before_name (str): File name of the input poses.
        after_name (str): File name of the refined poses.
        numbers (List[KeyNumber]): The top of the page.
        notes (List[str]): What else one should know.
        joint_columns (List[str]): Heads of the table of joints.
        joint_rows (List[JointRow]): Its rows.
        joint_title (str): What the drawing of the joints shows.
        joints (str): The drawing as an SVG; empty if no change is known.
        groups (List[PeopleGroup]): The people shown.
        truth (TruthContent | None): What annotations tell.
        moves (str): Histogram of how far joints moved, as an SVG.
        moves_text (str): The same in words.
        outcomes (tuple): Names of all outcomes of a joint.
    """

    title: str
    before_name: str
    after_name: str
    numbers: List[KeyNumber]
    notes: List[str]
    joint_columns: List[str]
    joint_rows: List[JointRow]
    joint_title: str
    joints: str
    groups: List[PeopleGroup]
    truth: Optional[TruthContent] = None
    moves: str = ''
    moves_text: str = ''
    outcomes: tuple = ERROR_TYPES


def page_content(found: Comparison,
                 annotations: Optional[dict],
                 groups: List[PeopleGroup],
                 *,
                 before_name: str,
                 after_name: str) -> PageContent:
    """Put the content of a page together.

    Args:
        found (Comparison): What refinement did.
        annotations (dict, optional): Content of the annotation file.
        groups (List[PeopleGroup]): The people shown.
        before_name (str): File name of the input poses.
        after_name (str): File name of the refined poses.

    Returns:
        PageContent: For the template ``page.html``.
    """
    columns, rows, change = joint_table(found)
    truth = None if found.truth is None else _truth(found, annotations)
    title = 'Median move of each joint' if truth is None else \
        'Change of the mean KS: blue gained, red lost'
    content = PageContent(
        title=f'What refinement did to {_count(len(found.records), "pose")}',
        before_name=before_name,
        after_name=after_name,
        numbers=_numbers(found, truth),
        notes=_notes(found, groups),
        joint_columns=columns,
        joint_rows=rows,
        joint_title=title,
        joints=_joints(found, change, title),
        groups=groups,
        truth=truth)
    if truth is None:
        content.moves_text = _moves_text(found.moves)
        content.moves = inline_svg(
            joint_moves_figure(found.moves), 'moves',
            'Histogram of how far joints moved', content.moves_text)
    return content


def _count(number: int, noun: str) -> str:
    return f'{number:,} {noun}' + ('' if number == 1 else 's')


def _truth(found: Comparison, annotations: dict) -> TruthContent:
    sigmas = found.metainfo['sigmas']
    before, after = (
        evaluate_keypoints(annotations, results, sigmas)
        for results in found.results)
    oks, shares = found.paired_oks(), found.frequencies()
    text = _oks_text(oks)
    return TruthContent(
        [
            PrecisionRow(name, before[name], after[name],
                         after[name] - before[name])
            for name in STATISTICS if before[name] >= 0 and after[name] >= 0
        ],
        text,
        inline_svg(
            oks_change_figure(*oks), 'oks',
            'OKS of every person before and after refinement', text)
        if oks.shape[1] else '',
        shares,
        inline_svg(
            error_frequency_figure(*({
                name: pair[side]
                for name, pair in shares.items()
            } for side in (0, 1))), 'errors',
            'Share of each outcome before and after refinement',
            'The table beside it has the numbers.'))


def _oks_text(oks: np.ndarray) -> str:
    if not oks.shape[1]:
        return 'No pose belongs to an annotated person.'
    better, worse = ((oks[0] < oks[1]).sum(), (oks[0] > oks[1]).sum())
    return (f'Of {_count(oks.shape[1], "pose")} with an annotated person, '
            f'{better:,} got better (above the diagonal) and {worse:,} worse. '
            f'Mean OKS {oks[0].mean():.3f} before, {oks[1].mean():.3f} after.')


def _moves_text(moves: np.ndarray) -> str:
    known = moves[~np.isnan(moves)]
    if not len(known):
        return 'No joint is there before and after.'
    middle, high = np.percentile(known, (50, 90))
    return (f'Half of {_count(len(known), "joint")} moved by less than '
            f'{middle:.1%} of the pose, nine of ten by less than {high:.1%}.')


def _numbers(found: Comparison,
             truth: Optional[TruthContent]) -> List[KeyNumber]:
    moves = found.moves[~np.isnan(found.moves)]
    typical = f'{np.median(moves):.1%}' if len(moves) else '\u2013'
    moved = KeyNumber('Typical move of a joint', typical, 'of the pose')
    if truth is None:
        return [
            KeyNumber('Poses', f'{len(found.records):,}'), moved,
            KeyNumber(
                'Joints that moved over 5%',
                f'{(moves > .05).mean():.1%}' if len(moves) else '\u2013')
        ]
    numbers = [
        KeyNumber(row.name, f'{row.before:.1f} \u2192 {row.after:.1f}',
                  f'{row.change:+.1f}') for row in truth.precision[:1]
    ]
    numbers.append(
        KeyNumber('Good joints',
                  '{:.1%} \u2192 {:.1%}'.format(*truth.shares['good'])))
    oks = found.paired_oks()
    if oks.shape[1]:
        numbers.append(
            KeyNumber('Poses that got better',
                      f'{(oks[1] > oks[0]).mean():.0%}',
                      f'{(oks[1] < oks[0]).mean():.0%} worse'))
    return [*numbers, moved]


def _notes(found: Comparison, groups: List[PeopleGroup]) -> List[str]:
    notes = []
    if found.pairs.dropped:
        notes.append(f'{_count(found.pairs.dropped, "input pose")} '
                     'not in the refined file, as duplicates that it drops.')
    if found.pairs.added:
        notes.append(f'{_count(found.pairs.added, "refined pose")} without '
                     'an input pose.')
    skipped = len(found.results[0]) - len(found.records) - found.pairs.dropped
    if skipped:
        notes.append(f'{_count(skipped, "input record")} without a usable '
                     'pose, or with a score of 0, left out.')
    shown = sum(len(group.people) for group in groups)
    if shown < len(found.records):
        notes.append(f'Pictures show {shown:,} of {len(found.records):,} '
                     'poses; all numbers are of all poses.')
    return notes


def _joints(found: Comparison, change: np.ndarray, title: str) -> str:
    """Draw the change of every joint, on a pose that the data have."""
    if np.isnan(change).all():
        return ''
    poses = found.after if found.people is None else found.people
    names = found.metainfo['keypoint_id2name']
    return inline_svg(
        joint_change_figure(
            change,
            typical_pose(poses.keypoints, poses.visible),
            [names[i] for i in range(len(names))],
            found.metainfo['skeleton_links'],
            label='median move' if found.truth is None else
            'change of the mean KS'), 'joints', title,
        'The table beside it has the numbers.')
