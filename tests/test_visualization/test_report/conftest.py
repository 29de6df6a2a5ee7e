"""A report of drawn people."""

from pathlib import Path

import pytest
from report_files import ReportFiles, write_report_files

from posefix_mm.visualization.report import write_report


@pytest.fixture(scope='session')
def files(tmp_path_factory) -> ReportFiles:
    return write_report_files(tmp_path_factory.mktemp('report_data'))


@pytest.fixture(scope='session')
def page(files: ReportFiles, tmp_path_factory) -> Path:
    return write_report(
        files.before,
        files.after,
        files.img_dir,
        tmp_path_factory.mktemp('report'),
        ann=files.ann,
        people=3)
