"""Fixtures; see refine_fixtures.py."""

import pytest
from refine_fixtures import (  # noqa: F401
    content,
    drawn,
    flat_checkpoint,
    records,
    refine,
    save_weights_fixture,
)

from posefix_mm.file_refinement.file_run import Journal


@pytest.fixture
def stop_after(monkeypatch):
    """Ctrl-C after so many chunks are noted; gives the numbers of all."""

    def run(count: int) -> list:
        add, added = Journal.add, []

        def add_and_stop(self, chunk, result) -> None:
            add(self, chunk, result)
            added.append(chunk)
            if len(added) == count:
                raise KeyboardInterrupt

        monkeypatch.setattr(Journal, 'add', add_and_stop)
        return added

    return run
