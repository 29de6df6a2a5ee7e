"""A diagnosis in numbers: how often joints are wrong in which way.

For a JSON file, and as tables for a terminal.
"""
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np
from rich.table import Table

from ..structures.oks import ERROR_TYPES
from .diagnosis import Diagnosis

#: Numbers of annotated joints, and of near persons, where the release's
#: probabilities change: upper ends, and lower ends, of bins.
VISIBLE_BOUNDS = (5, 10, 15)
OVERLAP_BOUNDS = (1, 3)
_VISIBLE_BINS = ('1-5', '6-10', '11-15', '16 or more')
_OVERLAP_BINS = ('0', '1-2', '3 or more')
# Name of a row, keys of its value, and how it is written.
_Rows = list[tuple[str, tuple[Any, ...], str]]


def status_frequency(diagnosis: Diagnosis) -> dict[str, float]:
    """Shares of all annotated joints of matched poses, which add up to 1.

    Raises:
        ValueError: If no pose was matched.
    """
    if len(diagnosis) == 0:
        raise ValueError(
            'no pose of the results belongs to an annotated person: the OKS '
            'of each is below that of a match (--oks-thr)')
    counts = diagnosis.count().sum((0, 1))
    return dict(
        zip(ERROR_TYPES, (counts / counts.sum()).tolist(), strict=True))


def bin_poses(diagnosis: Diagnosis,
              visible_bounds: tuple[int, ...] = VISIBLE_BOUNDS,
              overlap_bounds: tuple[int, ...] = OVERLAP_BOUNDS
              ) -> tuple[np.ndarray, np.ndarray]:
    """Sort N poses by annotated joints and by near persons: two int (N, ).

    The bounds are upper ends of all bins of joints but the last, and lower
    ends of all bins of persons but the first.
    """
    return (np.searchsorted(visible_bounds, diagnosis.num_visible),
            np.searchsorted(overlap_bounds, diagnosis.num_overlap, 'right'))


def frequency_tables(diagnosis: Diagnosis) -> dict[str, dict[str, dict]]:
    """Shares of the statuses, and numbers of ``joints``, part by part.

    ``by_joint``; ``by_visible``, the number of annotated joints of the person;
    ``by_overlap``, the number of near persons. The last two are binned as the
    release's tables. Parts without joints are left out.
    """
    counts = diagnosis.count()
    tables = dict(by_joint=_shares(diagnosis.keypoint_names, counts.sum(0)))
    for key, names, bins in zip(('by_visible', 'by_overlap'),
                                (_VISIBLE_BINS, _OVERLAP_BINS),
                                bin_poses(diagnosis), strict=True):
        binned = np.zeros((len(names), len(ERROR_TYPES)), np.int64)
        np.add.at(binned, bins, counts.sum(1))
        tables[key] = _shares(names, binned)
    return tables


def _shares(names: list[str] | tuple[str, ...],
            counts: np.ndarray) -> dict[str, dict]:
    return {
        name: dict(zip(ERROR_TYPES, (row / row.sum()).tolist(), strict=True),
                   joints=int(row.sum()))
        for name, row in zip(names, counts, strict=True) if row.any()}


def summarize(diagnosis: Diagnosis, costs: dict[str, float] | None = None,
              moved_costs: dict[str, float] | None = None) -> dict:
    """Put the numbers of a diagnosis together, for a JSON file.

    Args:
        diagnosis (Diagnosis): Of a results file.
        costs (dict[str, float], optional): From
            :func:`~posefix_mm.diagnosis.error_costs`.
        moved_costs (dict[str, float], optional): The same with
            ``repair='move'``.

    Returns:
        dict: ``rules``; ``frequency``; ``joints`` (number of annotated joints
        of matched poses) and ``absent_joints`` of them; the three of
        :func:`frequency_tables`; ``oks`` (``mean``, ``median`` and
        ``histogram``, shares of ten bins between 0 and 1); ``matched``,
        ``unmatched_records``, ``unmatched_annotations`` and
        ``skipped_records`` (numbers); ``ap`` and ``ap_cost`` with ``costs``,
        ``ap_cost_moved`` with ``moved_costs``.

    Raises:
        ValueError: If no pose was matched.
    """
    annotated = diagnosis.status >= 0
    frequency = status_frequency(diagnosis)
    counts, _ = np.histogram(diagnosis.oks.clip(0, 1), 10, (0, 1))
    content = dict(
        rules=diagnosis.rules,
        frequency=frequency,
        joints=int(annotated.sum()),
        absent_joints=int((annotated & ~diagnosis.present).sum()),
        **frequency_tables(diagnosis),
        oks=dict(mean=float(diagnosis.oks.mean()),
                 median=float(np.median(diagnosis.oks)),
                 histogram=(counts / counts.sum()).tolist()),
        matched=len(diagnosis),
        unmatched_records=len(diagnosis.unmatched_records),
        unmatched_annotations=len(diagnosis.unmatched_annotations),
        skipped_records=diagnosis.skipped_records)
    for key, points in (('ap_cost', costs), ('ap_cost_moved', moved_costs)):
        if points is not None:
            content['ap'] = points['AP']
            content[key] = {k: v for k, v in points.items() if k != 'AP'}
    return content


def summarize_changes(before: Diagnosis, after: Diagnosis) -> dict:
    """Count what became of the joints of persons with a pose in both files.

    Both are diagnosed against the same annotations. Returns numbers of joints
    by status before and status after.
    """
    row_of = {key: row for row, key in enumerate(after.annotation_id)}
    counts = np.zeros((len(ERROR_TYPES), ) * 2, np.int64)
    for row, key in enumerate(before.annotation_id):
        if key in row_of:
            status = np.stack((before.status[row], after.status[row_of[key]]))
            np.add.at(counts, tuple(status[:, status[0] >= 0]), 1)
    return {error: dict(zip(ERROR_TYPES, numbers.tolist(), strict=True))
            for error, numbers in zip(ERROR_TYPES, counts, strict=True)}


def diagnosis_tables(summary: dict, before: dict | None = None) -> list[Table]:
    """Lay out a summary of ``summarize``, with the change since another one.

    Frequencies, by joint, by number of annotated joints, by near persons, OKS,
    and AP if it was evaluated, for a rich console.
    """
    joints: _Rows = [
        (error, ('frequency', error), '.1f%') for error in ERROR_TYPES]
    joints += [('joints', ('joints', ), ',d'), ('poses', ('matched', ), ',d')]
    oks: _Rows = [(name, ('oks', name), '.3f') for name in ('mean', 'median')]
    oks += [(f'{number / 10:.1f} to {(number + 1) / 10:.1f} (%)',
             ('oks', 'histogram', number), '.1f%') for number in range(10)]
    tables = [_values('Joints (%)', 'status', joints, summary, before)]
    tables += [
        _parts(summary[key], before and before[key], title)
        for key, title in (('by_joint', 'joint'),
                           ('by_visible', 'annotated joints'),
                           ('by_overlap', 'persons near'))]
    tables.append(
        _values('OKS of the matched poses', '', oks, summary, before))
    if 'ap_cost' in summary:
        costs: _Rows = [('AP', ('ap', ), '.1f')]
        costs += [(f'AP lost to {name}{note}', (key, name), '.1f')
                  for key, note in (('ap_cost', ''),
                                    ('ap_cost_moved', ' (moved)'))
                  for name in summary.get(key, ())]
        tables.append(_values('What errors cost', '', costs, summary, before))
    return tables


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(
            column, justify='right' if number else 'left', no_wrap=True)
    return table


def _values(title: str, head: str, rows: _Rows, summary: dict,
            before: dict | None) -> Table:
    """Values of a summary, or before, after and their difference."""
    table = _table(title, head, *(
        ['results'] if before is None else ['before', 'after', 'change']))
    for name, keys, style in rows:
        values: list[Any] = [reduce(getitem, keys, content)
                             for content in (before, summary) if content]
        if style.endswith('%'):
            values, style = [100 * value for value in values], style[:-1]
        cells = [format(value, style) for value in values]
        if before is not None:
            cells.append(format(values[1] - values[0], f'+{style}'))
        table.add_row(name, *cells)
    return table


def _parts(parts: dict, before: dict | None, title: str) -> Table:
    """Shares in parts of the joints, and by how much more are good now."""
    gains = [] if before is None else ['gain']
    table = _table(
        f'By {title} (%)' + ', gain of good joints' * len(gains), title,
        'joints', *ERROR_TYPES, *gains)
    for name, part in parts.items():
        cells = [f'{100 * part[error]:.1f}' for error in ERROR_TYPES]
        if before is not None:
            gain = part['good'] - before.get(name, {}).get('good', np.nan)
            cells.append(f'{100 * gain:+.1f}')
        table.add_row(name, f'{part["joints"]:,}', *cells)
    return table


def change_table(changes: dict) -> Table:
    """Lay out what became of the joints, as ``summarize_changes`` counts."""
    table = _table('Joints by status before (rows) and after', 'before',
                   *ERROR_TYPES)
    for error, row in changes.items():
        table.add_row(error, *(f'{row[e]:,}' for e in ERROR_TYPES))
    return table
