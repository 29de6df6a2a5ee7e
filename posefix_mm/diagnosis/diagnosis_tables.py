"""A diagnosis as tables for a terminal."""
from functools import reduce
from operator import getitem
from typing import Any, List, Optional, Sequence

import numpy as np
from rich.table import Table

from ..structures.error_types import ERROR_TYPES


def diagnosis_tables(summary: dict,
                     before: Optional[dict] = None) -> List[Table]:
    """Lay out a summary, with the change since another one.

    Args:
        summary (dict): From :func:`~posefix_mm.diagnosis.summarize`.
        before (dict, optional): The same of other results, such as the ones
            that were refined.

    Returns:
        List[Table]: For a rich console: frequencies, by joint, by number of
        annotated joints, by near persons, OKS, and AP if it was evaluated.
    """
    tables = [_frequencies(summary, before)]
    for key, title in (('by_joint', 'joint'),
                       ('by_visible', 'annotated joints'),
                       ('by_overlap', 'persons near')):
        tables.append(_parts(summary[key], before and before[key], title))
    tables.append(_oks(summary, before))
    if 'ap_cost' in summary:
        tables.append(_costs(summary, before))
    return tables


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(
            column, justify='right' if number else 'left', no_wrap=True)
    return table


def _rows(table: Table, name: str, summary: dict, before: Optional[dict],
          keys: Sequence, style: str) -> None:
    """Add the value at ``keys``, or both values and their difference."""
    values: List[Any] = [reduce(getitem, keys, content)
                         for content in (before, summary) if content]
    if style.endswith('%'):
        values, style = [100 * value for value in values], style[:-1]
    cells = [format(value, style) for value in values]
    if before is not None:
        cells.append(format(values[1] - values[0], f'+{style}'))
    table.add_row(name, *cells)


def _columns(before: Optional[dict]) -> List[str]:
    return ['results'] if before is None else ['before', 'after', 'change']


def _frequencies(summary: dict, before: Optional[dict]) -> Table:
    table = _table('Joints (%)', 'status', *_columns(before))
    for error in ERROR_TYPES:
        _rows(table, error, summary, before, ('frequency', error), '.1f%')
    for name, key in (('joints', 'joints'), ('poses', 'matched')):
        _rows(table, name, summary, before, (key, ), ',d')
    return table


def _parts(parts: dict, before: Optional[dict], title: str) -> Table:
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


def _oks(summary: dict, before: Optional[dict]) -> Table:
    table = _table('OKS of the matched poses', '', *_columns(before))
    for name in ('mean', 'median'):
        _rows(table, name, summary, before, ('oks', name), '.3f')
    for number in range(len(summary['oks']['histogram'])):
        _rows(table, f'{number / 10:.1f} to {(number + 1) / 10:.1f} (%)',
              summary, before, ('oks', 'histogram', number), '.1f%')
    return table


def _costs(summary: dict, before: Optional[dict]) -> Table:
    table = _table('What errors cost', '', *_columns(before))
    _rows(table, 'AP', summary, before, ('ap', ), '.1f')
    for key, note in (('ap_cost', ''), ('ap_cost_moved', ' (moved)')):
        for name in summary.get(key, {}):
            _rows(table, f'AP lost to {name}{note}', summary, before,
                  (key, name), '.1f')
    return table


def change_table(changes: dict) -> Table:
    """Lay out what became of the joints.

    Args:
        changes (dict): From :func:`~posefix_mm.diagnosis.summarize_changes`.

    Returns:
        Table: For a rich console.
    """
    table = _table('Joints by status before (rows) and after', 'before',
                   *ERROR_TYPES)
    for error, row in changes.items():
        table.add_row(error, *(f'{row[e]:,}' for e in ERROR_TYPES))
    return table
