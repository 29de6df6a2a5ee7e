"""Fixtures; see refine_fixtures.py."""

from refine_fixtures import (  # noqa: F401
    checkpoint,
    content,
    drawn,
    flat_checkpoint,
    records,
    refine,
    refiner_config,
    save_weights_fixture,
)
