"""Fixtures; see input_fixtures.py."""

from input_fixtures import camera, pictures, rng, video  # noqa: F401
