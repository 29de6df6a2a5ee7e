"""Pictures, a video and a camera."""

from pathlib import Path
from typing import Iterator, List

import cv2
import numpy as np
import pytest


@pytest.fixture(scope='session')
def pictures(people: Path) -> List[Path]:
    return sorted((people / 'images').iterdir())


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def video(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Five frames of 64x48."""
    path = tmp_path / 'input' / 'clip.mp4'
    path.parent.mkdir()
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'mp4v'), 12., (64, 48))
    for _ in range(5):
        writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    return path


@pytest.fixture
def camera(monkeypatch) -> Iterator[list]:
    """A camera that never ends; yields what was asked of it."""
    asked = []

    class Capture:

        def __init__(self, number: int) -> None:
            asked.append(number)

        def isOpened(self) -> bool:  # noqa: N802  OpenCV's name
            return asked[0] < 5

        def get(self, _: int) -> float:
            return 30.

        def read(self) -> tuple:
            asked.append('read')
            return True, np.full((48, 64, 3), 100, np.uint8)

        def release(self) -> None:
            asked.append('released')

    monkeypatch.setattr(cv2, 'VideoCapture', Capture)
    yield asked
