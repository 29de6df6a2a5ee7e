"""What runs the network."""
from collections.abc import Callable
from typing import Protocol

import numpy as np

from ..crops import Crops

#: What :meth:`PoseRefiner.locate` gives, as arrays.
Located = tuple[np.ndarray, ...]


class Backend(Protocol):
    """Runs the network on batches of crops."""

    def start(self, crops: Crops) -> Callable[[], Located]:
        """Start on a batch; may return before the device is done.

        Args:
            crops (Crops): N crops, N being any number.

        Returns:
            Callable[[], Located]: Waits for the device and gives the result.
        """


def no_poses(crops: Crops) -> Callable[[], Located]:
    """Answer a batch without crops, which no engine takes.

    Args:
        crops (Crops): No crops.

    Returns:
        Callable[[], Located]: No poses.
    """
    shape = crops.input_pose.shape
    located = np.empty(shape, np.float32), np.empty(shape[:2], np.float32)
    return lambda: located
