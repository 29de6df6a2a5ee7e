"""Help for the tests of formats."""

import numpy as np
import pytest

from posefix_mm.formats import RefinedPoses


def image_sizes(index):
    """Every image is 200 wide and 100 high."""
    return 200, 100


class Trip:
    """Read a file of poses, move some, write it, and read it again."""

    size = (200, 100)

    def __init__(self, out):
        self.out = out

    def read(self, poses):
        """Read every pose."""
        return poses.read(range(len(poses)), self.size)

    def write(self, poses, moved=None, dropped=()):
        """Write with new keypoints (K, 2) of some poses, by their index."""
        moved = moved or {}
        num_keypoints = len(poses.skeleton.joint_map.places)
        keypoints = np.zeros((len(poses), num_keypoints, 2), np.float32)
        refined, gone = np.zeros((2, len(poses)), bool)
        for index, pose in moved.items():
            refined[index], keypoints[index] = True, pose
        gone[list(dropped)] = True
        poses.write(self.out, RefinedPoses(refined, gone, keypoints),
                    image_sizes)
        return self.out


@pytest.fixture
def trip(tmp_path):
    """Writes to a path that does not exist yet."""
    return Trip(tmp_path / 'out' / 'refined')
