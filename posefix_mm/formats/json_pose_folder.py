"""Poses in many small JSON files."""
from abc import abstractmethod
from typing import Any, Dict, Sequence, Union

import numpy as np

from ..fileio import load_json
from ..structures.pose_records import Problem
from .json_scanner import JsonPath, splice_json
from .pose_folder import FoundPose, PoseEdit, PoseFolder

# A thousandth of a pixel, also in images of 10,000 pixels.
_DECIMALS = 3
_RELATIVE_DECIMALS = 7


class JsonPoseFolder(PoseFolder):
    """A folder with JSON files of poses, or one such file.

    New coordinates are put into the text of the files; every other byte
    stays as it was.
    """

    @abstractmethod
    def list_poses(self, content: Any, stem: str) -> Sequence[FoundPose]:
        """List the poses of one file.

        Args:
            content (Any): What the JSON holds.
            stem (str): Name of the file in the folder without the ending.

        Returns:
            Sequence[FoundPose]: In the order of the file; their ``place`` is
            a :data:`JsonPath`.

        Raises:
            ValueError: If it is not of this format.
        """

    @abstractmethod
    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Tell where a pose keeps a coordinate.

        Args:
            joint (int): One of the J joints of the source.
            axis (int): 0 for x, 1 for y.
            raw (Any): The pose as it was found.
        """

    def find_poses(self, data: bytes, stem: str) -> Sequence[FoundPose]:
        """Parse the JSON and list its poses."""
        return self.list_poses(load_json(data), stem)

    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[JsonPath]) -> bytes:
        """Splice new coordinates into the text."""
        values: Dict[JsonPath, bytes] = {}
        for edit in edits:
            joints, decimals = edit.joints, _DECIMALS
            if edit.image_size is not None:
                joints, decimals = joints / edit.image_size, _RELATIVE_DECIMALS
            joints = np.round(joints, decimals)
            for joint, axis in np.argwhere(edit.moved).tolist():
                path = (*edit.place, *self.coordinate_path(
                    joint, axis, edit.raw))
                values[path] = repr(float(joints[joint, axis])).encode()
        return splice_json(data, values, dropped)


def as_numbers(values: Any, what: str) -> Union[np.ndarray, Problem]:
    """Check that a JSON value is a list of numbers, ``null`` being NaN.

    Args:
        values (Any): Anything.
        what (str): How it is called in the file.

    Returns:
        np.ndarray | Problem: float64 (N, ), or what is wrong.
    """
    if not isinstance(values, list):
        return Problem('keypoints', f'{what} must be a list, '
                       f'got {values!r:.40}')
    # bool is an int in Python, not in JSON
    if not {int, float, type(None)}.issuperset(map(type, values)):
        return Problem('keypoints', f'{what} must hold numbers only')
    try:
        return np.array(values, np.float64)
    except OverflowError:  # JSON knows integers of any length
        return Problem('not_finite', f'{what} must be finite')


def mean_score(scores: np.ndarray) -> float:
    """Score of a pose that has none of its own.

    Args:
        scores (np.ndarray): Of its joints, (J, ).

    Returns:
        float: Mean of the present joints' scores; 1 if none is above 0.
    """
    positive = scores[np.isfinite(scores) & (scores > 0)]
    return float(positive.mean()) if len(positive) else 1.
