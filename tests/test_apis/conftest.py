"""Fixtures; see refine_fixtures.py."""

from refine_fixtures import (  # noqa: F401
    content,
    drawn,
    flat_checkpoint,
    records,
    refine,
    save_weights_fixture,
)
