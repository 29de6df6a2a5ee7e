"""Which joint of one skeleton is which of another."""
from collections.abc import Sequence

import numpy as np


def plain_name(name: str) -> str:
    """Name of a joint without what tools write in different ways."""
    return ''.join(filter(str.isalnum, str(name))).casefold()


class JointMap:
    """Convert poses between another skeleton (J joints) and the refiner's (K).

    Joints of the source that the refiner does not know stay as they are;
    joints of the refiner that the source lacks are absent from the input pose.

    Args:
        places (Sequence[int]): Place of each of the refiner's keypoints in the
            source, -1 where it has none, (K, ).
        num_source (int): J.

    Raises:
        ValueError: If a place lies outside of the source, two keypoints share
            one, or no keypoint has any.
    """

    def __init__(self, places: Sequence[int], num_source: int) -> None:
        self.places = np.asarray(places, dtype=np.int64)
        self.num_source = num_source
        self.known = self.places >= 0
        known = self.places[self.known]
        if not len(known):
            raise ValueError('the skeletons have no joint in common')
        if known.max() >= num_source:
            raise ValueError(f'joint {known.max()} is not one of the '
                             f'{num_source} joints of the source')
        if len(np.unique(known)) < len(known):
            raise ValueError('two keypoints are mapped to the same joint of '
                             'the source')

    @classmethod
    def identity(cls, num_keypoints: int) -> 'JointMap':
        """Map a skeleton of K joints to itself."""
        return cls(range(num_keypoints), num_keypoints)

    @classmethod
    def from_names(cls, source: Sequence[str], target: Sequence[str],
                   joints: dict[str, str] | None = None) -> 'JointMap':
        """Map joints of the same name, and those that are named as pairs.

        ``leftEye`` and ``Left eye`` are ``left_eye``, too. Names of the
        source's J joints and of the refiner's K keypoints, and in ``joints``
        the refiner's name to the source's where they differ.

        Raises:
            ValueError: If ``joints`` names a joint that does not exist.
        """
        joints = joints or {}
        for names, known, whose in ((joints, target, 'the refiner'),
                                    (joints.values(), source, 'the source')):
            unknown = sorted(set(names) - set(known))
            if unknown:
                raise ValueError(f'the joint map names {", ".join(unknown)}, '
                                 f'which {whose} does not have')
        place = {plain_name(n): index for index, n in enumerate(source)}
        place.update((n, index) for index, n in enumerate(source))
        wanted = [joints.get(name, name) for name in target]
        return cls([place.get(n, place.get(plain_name(n), -1))
                    for n in wanted], len(source))

    def take(self, values: np.ndarray, axis: int = 0) -> np.ndarray:
        """Bring values (J, ...) to the refiner's order, (K, ...).

        Zeros where the source has no such joint. The joints may lie along
        another ``axis``.
        """
        mapped = values.take(self.places, axis)
        mapped.swapaxes(0, axis)[~self.known] = 0
        return mapped

    def put(self, values: np.ndarray, refined: np.ndarray,
            axis: int = 0) -> np.ndarray:
        """Copy the source's values (J, ...) with refined ones (K, ...) in."""
        values = values.copy()
        values.swapaxes(0, axis)[self.places[self.known]] = \
            refined.swapaxes(0, axis)[self.known]
        return values
