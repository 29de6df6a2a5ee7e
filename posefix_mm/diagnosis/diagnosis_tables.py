"""A diagnosis as tables for a terminal."""
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np
from rich.table import Table

from ..structures.error_types import ERROR_TYPES

# Name of a row, keys of its value, and how it is written.
_Rows = list[tuple[str, tuple[Any, ...], str]]


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
