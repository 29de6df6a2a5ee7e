"""What is shown in a terminal."""

import io

import pytest
from rich.console import Console
from toy_people import (
    METAINFO,
    POSE,
    make_annotations,
    make_person,
    make_record,
    moved,
)

from posefix_mm.diagnosis import (
    change_table,
    diagnose_results,
    diagnosis_tables,
    summarize,
    summarize_changes,
)

TRUTH = make_annotations([make_person(1)])


def show(tables):
    console = Console(file=io.StringIO(), width=80)
    for table in tables:
        console.print(table)
    return console.file.getvalue()


def cells(text, start):
    """Cells of the row that starts with this."""
    row = next(line for line in text.splitlines()
               if line.startswith(f'│ {start} '))
    return [cell.strip() for cell in row.strip('│').split('│')][1:]


@pytest.fixture
def diagnoses():
    return [
        diagnose_results([make_record(pose)], TRUTH, METAINFO)
        for pose in (moved(1, POSE[2]), POSE)
    ]


def test_one_file(diagnoses):
    summary = summarize(diagnoses[0], dict(AP=10., inversion=90., all=90.))
    text = show(diagnosis_tables(summary))
    assert cells(text, 'joints') == ['5']
    assert cells(text, 'inversion') == ['20.0']
    assert cells(text, 'left_hand') == ['1', '0.0', '0.0', '100.0', '0.0',
                                        '0.0']
    assert cells(text, 'mean') == ['0.800']
    assert cells(text, 'AP lost to inversion') == ['90.0']
    assert max(map(len, text.splitlines())) <= 80
    assert '…' not in text


def test_two_files(diagnoses):
    before, after = (
        summarize(d, dict(AP=ap, all=100. - ap))
        for d, ap in zip(diagnoses, (10., 100.), strict=True))
    text = show(diagnosis_tables(after, before))
    assert cells(text, 'good') == ['80.0', '100.0', '+20.0']
    assert cells(text, 'poses') == ['1', '1', '+0']
    assert cells(text, 'left_hand')[-1] == '+100.0'
    assert cells(text, 'right_foot')[-1] == '+0.0'
    assert cells(text, 'AP') == ['10.0', '100.0', '+90.0']
    assert max(map(len, text.splitlines())) <= 80
    assert '…' not in text


def test_changes(diagnoses):
    text = show([change_table(summarize_changes(*diagnoses))])
    assert cells(text, 'good') == ['4', '0', '0', '0', '0']
    assert cells(text, 'inversion') == ['1', '0', '0', '0', '0']
