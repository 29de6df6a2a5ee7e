"""Help for the tests of formats."""

import json
from pathlib import Path

import numpy as np
import pytest

from posefix_mm.formats import RefinedPoses, open_pose_file


class Trip:
    """Write a file of poses, read it, move some poses, and write them.

    Every image is 200 wide and 100 high; the refiner has the ``NAMES`` of the
    test's module.
    """

    size = (200, 100)

    def __init__(self, folder, names):
        self.folder, self.names = folder, names
        self.out = folder / 'out' / 'refined'

    def file(self, content, name='poses.json', **layout):
        """Write bytes, a text, or anything else as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content, **layout)
        path.write_bytes(content if isinstance(content, bytes)
                         else content.encode())
        return path

    def open(self, poses, name='poses.json', **options):
        """Open a path, or content that is written to a file of this name."""
        if not isinstance(poses, Path):
            poses = self.file(poses, name)
        return open_pose_file(poses, **dict(target_names=self.names) | options)

    def read(self, poses):
        """Read every pose."""
        return poses.read(range(len(poses)), self.size)

    def codes(self, poses):
        """What is wrong with each pose, None if nothing."""
        return [r.problem and r.problem.code for r in self.read(poses)]

    def write(self, poses, moved=None, dropped=(), scores=None):
        """Write with new keypoints (K, 2) of some poses, by their index."""
        moved = moved or {}
        num_keypoints = len(poses.skeleton.joint_map.places)
        keypoints = np.zeros((len(poses), num_keypoints, 2), np.float32)
        refined, gone = np.zeros((2, len(poses)), bool)
        for index, pose in moved.items():
            refined[index], keypoints[index] = True, pose
        gone[list(dropped)] = True
        poses.write(self.out, RefinedPoses(refined, gone, keypoints, scores),
                    lambda image: self.size)
        return self.out

    def check_untouched(self, poses):
        """Where nothing is refined, every byte comes back."""
        out = self.write(poses)
        assert self.all_bytes(out) == self.all_bytes(poses.path)

    @staticmethod
    def all_bytes(path):
        """Content of a file, or of all files of a folder by their names."""
        return path.read_bytes() if path.is_file() else {
            str(p.relative_to(path)): p.read_bytes()
            for p in path.rglob('*') if p.is_file()
        }


@pytest.fixture
def trip(tmp_path, request):
    """Writes to a path that does not exist yet."""
    return Trip(tmp_path, getattr(request.module, 'NAMES', None))
