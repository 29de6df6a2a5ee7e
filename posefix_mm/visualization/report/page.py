"""One page in one file, which loads nothing.

What it says, in numbers and words; the templates lay it out.
"""
import base64
import hashlib
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ...diagnosis import compare_results
from ...diagnosis.comparison import PairTruth, ResultsComparison
from ...evaluation import STATISTICS, evaluate_keypoints
from ...fileio import atomic_write
from ...formats.coco import read_annotations
from ...images.image_finder import ImageFinder
from ...images.image_source import ImageSource
from ...structures.oks import ERROR_TYPES, GOOD
from ...structures.skeletons import load_skeleton
from ...version import __version__
from ..figures import (
    error_frequency_figure,
    inline_svg,
    joint_change_figure,
    joint_moves_figure,
    oks_change_figure,
    typical_pose,
)
from .people import CardMaker, PeopleGroup, count_text

#: Name of the page in its folder.
PAGE_NAME = 'index.html'
_NONE = '\u2013'
_IN_TABLE = 'The table beside it has the numbers.'


def write_report(before: str | Path, after: str | Path, img_dir: str | Path,
                 out_dir: str | Path, *, ann: str | Path | None = None,
                 skeleton: str | None = None, people: int = 12, seed: int = 0,
                 format: str = 'auto',
                 joint_map: str | Path | None = None) -> Path:
    """Show on one page what refinement did to poses.

    Args:
        before (str | Path): The input poses, COCO results or any format.
        after (str | Path): The same after refinement; duplicates may have
            been dropped.
        img_dir (str | Path): Folder of the images.
        out_dir (str | Path): Folder for the page; it is made.
        ann (str | Path, optional): COCO annotations that give the names of
            the image files and, if there are any, the truth. Without it file
            names must show the ids, and the page shows how far joints moved.
        skeleton (str, optional): See
            :func:`~posefix_mm.diagnosis.load_skeleton`. Defaults to COCO's.
        people (int): People shown for each reason: most improved, most
            damaged, random.
        seed (int): Of the random people.
        format (str): Of the poses, see
            :func:`posefix_mm.formats.open_pose_file`.
        joint_map (str | Path, optional): See there.

    Returns:
        Path: The page.

    Raises:
        FileNotFoundError: If a file or folder does not exist.
        ValueError: If a file is malformed, or the files do not belong
            together.
    """
    if people < 0:
        raise ValueError(f'people must not be negative, got {people}')
    page = Path(out_dir) / PAGE_NAME
    if Path(out_dir).exists() and not Path(out_dir).is_dir():
        raise NotADirectoryError(f'{out_dir} is not a folder')
    annotations = None if ann is None else read_annotations(ann)
    source = ImageSource(
        ImageFinder(img_dir, annotations and annotations['images']))
    compared = compare_results(
        before, after, load_skeleton(skeleton), annotations, format=format,
        joint_map=joint_map, image_size=source.size_or_none)
    groups = CardMaker(compared, source).groups(people, seed)
    html = _render(
        before_name=Path(before).name, after_name=Path(after).name,
        **page_content(compared, groups))
    with atomic_write(page) as file:
        file.write(html.encode())
    return page


def _render(**content: Any) -> str:
    """Lay out a page.

    Everything from the data is escaped, and the page forbids the browser to
    load anything and to run or style by anything but its own two blocks.
    """
    environment = Environment(
        loader=PackageLoader(__package__), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        figure='{:.1f}'.format,
        change=signed,
        percent='{:.1%}'.format,
        count=count_text,
        trend=lambda change: trend_of(round(change, 1)))
    folder = resources.files(__package__) / 'templates'
    style, script = ((folder / name).read_text(encoding='utf-8')
                     for name in ('style.css', 'script.js'))
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
              for text in (style, script)]
    policy = ("default-src 'none'; img-src data:; "
              f"style-src 'sha256-{hashes[0]}'; "
              f"script-src 'sha256-{hashes[1]}'; "
              "base-uri 'none'; form-action 'none'")
    return environment.get_template('page.html').render(
        report=content, version=__version__, style=Markup(style),
        script=Markup(script), policy=policy)


class Cell(NamedTuple):
    """A cell of a table; its trend is ``'gain'``, ``'loss'`` or empty."""

    text: str
    trend: str = ''


def trend_of(change: float) -> str:
    """Name the direction of a change; empty for none and for NaN."""
    return 'gain' if change > 0 else 'loss' if change < 0 else ''


def signed(change: float, form: str = '+.1f') -> str:
    """Write a change, without a sign where nothing but zeros is left."""
    text = format(change, form)
    return text if text.strip('+-0.%') else text.lstrip('+-')


def page_content(compared: ResultsComparison,
                 groups: list[PeopleGroup]) -> dict[str, Any]:
    """Collect the variables of ``page.html``.

    Figures are ``<svg>`` elements, empty where there is nothing to draw;
    without annotations ``truth`` is None.
    """
    columns, rows, change = joint_table(compared)
    truth = None if compared.truth is None else _truth(
        compared.truth, compared.results, compared.metainfo['sigmas'])
    title = 'Median move of each joint' if truth is None else \
        'Change of the mean KS: blue gained, red lost'
    moves_text = _moves_text(compared.moves)
    poses = _count(len(compared.records), 'pose')
    return dict(
        title=f'What refinement did to {poses}',
        numbers=_numbers(compared, truth),
        notes=_notes(compared, groups),
        joint_columns=columns,
        joint_rows=rows,
        joint_title=title,
        joints=_joints(compared, change, title),
        groups=groups,
        truth=truth,
        moves_text=moves_text,
        moves='' if truth else inline_svg(
            joint_moves_figure(compared.moves), 'moves',
            'Histogram of how far joints moved', moves_text),
        outcomes=ERROR_TYPES)


def _count(number: int, noun: str) -> str:
    return f'{number:,} {noun}' + ('' if number == 1 else 's')


def _truth(truth: PairTruth, results: tuple[list, list],
           sigmas: np.ndarray) -> dict[str, Any]:
    """What only annotations can tell."""
    before, after = (evaluate_keypoints(truth.annotations, records, sigmas)
                     for records in results)
    oks, shares = truth.paired_oks(), truth.frequencies()
    text = _oks_text(oks)
    return dict(
        precision=[(name, before[name], after[name]) for name in STATISTICS
                   if before[name] >= 0 and after[name] >= 0],
        paired_oks=oks,
        oks_text=text,
        oks=inline_svg(
            oks_change_figure(*oks), 'oks',
            'OKS of every person before and after refinement', text)
        if oks.shape[1] else '',
        shares={name: (shares[0][name], shares[1][name])
                for name in ERROR_TYPES},
        errors=inline_svg(
            error_frequency_figure(*shares), 'errors',
            'Share of each outcome before and after refinement', _IN_TABLE))


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
            f'{middle:.1%} of the pose, 90% by less than {high:.1%}.')


def _numbers(compared: ResultsComparison,
             truth: dict | None) -> list[tuple[str, str, str]]:
    """Label, value and note of the numbers at the top of the page."""
    moves = compared.moves[~np.isnan(compared.moves)]
    typical, far = (np.median(moves), (moves > .05).mean()) \
        if len(moves) else (np.nan, np.nan)
    moved = ('Typical move of a joint', _percent(typical), 'of the pose')
    if truth is None:
        return [('Poses', f'{len(compared.records):,}', ''), moved,
                ('Joints that moved over 5%', _percent(far), '')]
    numbers = [(name, f'{before:.1f} \u2192 {after:.1f}',
                f'{after - before:+.1f}')
               for name, before, after in truth['precision'][:1]]
    numbers.append(('Good joints', '{:.1%} \u2192 {:.1%}'.format(
        *truth['shares']['good']), ''))
    before, after = truth['paired_oks']
    if len(before):
        numbers.append(('Poses that got better',
                        f'{(after > before).mean():.0%}',
                        f'{(after < before).mean():.0%} worse'))
    return [*numbers, moved]


def _notes(compared: ResultsComparison,
           groups: list[PeopleGroup]) -> list[str]:
    pairs, total = compared.pairs, len(compared.records)
    skipped = len(compared.results[0]) - total - pairs.dropped
    notes = [
        f'{_count(number, noun)} {text}' for number, noun, text in (
            (pairs.dropped, 'input pose',
             'not in the refined file, as duplicates that it drops.'),
            (pairs.added, 'refined pose', 'without an input pose.'),
            (skipped, 'input record',
             'without a usable pose, or with a score of 0, left out.'))
        if number]
    pictured = sum(len(group.people) for group in groups)
    if pictured < total:
        notes.append(f'Pictures show {pictured:,} of {total:,} poses; all '
                     'numbers are of all poses.')
    return notes


def _joints(compared: ResultsComparison, change: np.ndarray,
            title: str) -> str:
    """Draw the change of every joint, on a pose that the data have."""
    if np.isnan(change).all():
        return ''
    poses, label = (compared.after, 'median move') if compared.truth is None \
        else (compared.truth.people, 'change of the mean KS')
    return inline_svg(
        joint_change_figure(
            change, typical_pose(poses.keypoints, poses.visible),
            list(compared.metainfo['keypoint_id2name'].values()),
            compared.metainfo['skeleton_links'], label=label),
        'joints', title, _IN_TABLE)


def joint_table(
    compared: ResultsComparison
) -> tuple[list[str], dict[str, list[Cell]], np.ndarray]:
    """Count and measure joint by joint.

    Returns heads of the columns, cells by the name of the joint, and the
    change of each joint that a drawing shows, (K, ): of the mean KS, or,
    without annotations, the median move.
    """
    names = compared.metainfo['keypoint_id2name'].values()
    moved, far = (_percentiles(compared.moves, share) for share in (50, 90))
    if compared.truth is None:
        return ['median move', '90th percentile'], {
            name: [Cell(_percent(median)), Cell(_percent(high))]
            for name, median, high in zip(names, moved, far, strict=True)
        }, moved
    ks = compared.truth.mean_ks()
    counts = [d.count().sum(0) for d in compared.truth.diagnoses]
    good = np.stack([
        np.where(c.sum(1) > 0, c[:, GOOD] / c.sum(1).clip(1), np.nan)
        for c in counts])
    change = ks[1] - ks[0]
    rows = {
        name: [
            Cell(f'{counts[0][i].sum():,}'),
            Cell(_arrow(*map(_percent, good[:, i]))),
            Cell(_arrow(*map(_fixed, ks[:, i]))),
            Cell(_fixed(change[i], '+.3f'), trend_of(round(change[i], 3))),
            Cell(_percent(moved[i]))]
        for i, name in enumerate(names)}
    columns = ['annotated', 'good', 'mean KS', 'change', 'median move']
    return columns, rows, change


def _percentiles(moves: np.ndarray, percentile: float) -> np.ndarray:
    """Percentile of each column that has any number, (K, )."""
    return np.array([
        np.percentile(known, percentile) if len(known) else np.nan
        for known in (column[~np.isnan(column)] for column in moves.T)])


def _percent(share: float) -> str:
    return _NONE if np.isnan(share) else f'{share:.1%}'


def _fixed(value: float, form: str = '.3f') -> str:
    return _NONE if np.isnan(value) else signed(value, form)


def _arrow(before: str, after: str) -> str:
    return _NONE if before == after == _NONE else f'{before} \u2192 {after}'
