"""Poses that are wrong as a whole, for estimators that fail completely."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpose.registry import TRANSFORMS

from ...structures.boxes import pose_to_bbox
from .error_synthesis import to_complex


class _Limbs(NamedTuple):
    """Place of each keypoint in the limbs of a skeleton.

    ``limb`` that each moves with and its ``rank`` there, -1 and 0 without,
    (K, ); ``members`` of each limb by rank, -1 where it has ended, (L, n).
    """

    limb: np.ndarray
    rank: np.ndarray
    members: np.ndarray


@TRANSFORMS.register_module()
@dataclass(eq=False, kw_only=True)
class MisplacePose(BaseTransform):
    """Start the errors of a share of the samples from a misplaced pose.

    The errors of section 3.2 of PoseFix hit joints one by one and keep them
    within reach of an annotated joint. On hard poses, estimators also fail as
    a whole: they take a person on his hands for one on his feet, see his back
    for his front, or put a limb somewhere else; and what is cropped for
    refinement is then the box of the wrong pose. This transform makes such a
    pose out of the annotated one; :class:`SynthesizePoseError` adds its
    errors to that, while the target remains the annotation.

    Comes before ``GetBBoxCenterScale``, in image pixels. Not part of the
    paper.

    Required Keys:

        - keypoints: (1 + P + E, K, 2): the person, P near persons and E = 0
          or 1 estimates of another model
        - keypoints_visible: (1 + P + E, K)
        - num_near (optional): P. Defaults to all further rows.
        - bbox, flip_indices, keypoint_names

    Modified Keys:

        - keypoints, keypoints_visible: 1 + E rows are appended, the misplaced
          person and estimate, which move along with the geometric transforms
          that follow
        - bbox: the box of the misplaced pose, if it was moved as a whole

    Added Keys:

        - has_misplaced: True
        - person_bbox: ``bbox`` as it was, if it was changed
        - num_near: P, where it was missing

    Args:
        prob (float): Share of the poses that are moved as a whole. Defaults
            to 0.15.
        drop_prob (float): Share of the poses that are absent, so that the
            image alone must tell. Defaults to 0.05.
        rotate_std (float): Their rotation in degrees is ``N(0,
            rotate_std)``. Defaults to 60.
        scale_std (float): Their size changes by the factor ``exp(N(0,
            scale_std))``. Defaults to 0.35.
        shift_std (float): Their shift along each axis, in units of the box's
            longer side, is ``N(0, shift_std)``. Defaults to 0.15.
        mirror_prob (float): Share of the poses whose left and right are
            exchanged. Defaults to 0.05.
        limbs (Sequence[Sequence[str]]): Keypoint names by limb; the first
            stays. No keypoint may move with two limbs. Defaults to none.
        limb_prob (float): Share of the limbs that point elsewhere: they are
            turned by any angle and scaled between 0.3 and 1.2. Defaults to
            0.06.
        limb_swap_prob (float): Share of the limbs that are seen where another
            limb is, such as both legs where one is. Defaults to 0.03.
        confuse_prob (float): Share of the poses of which a third of the
            keypoints is taken for any other keypoints. Defaults to 0.03.
    """

    prob: float = 0.15
    drop_prob: float = 0.05
    rotate_std: float = 60.
    scale_std: float = 0.35
    shift_std: float = 0.15
    mirror_prob: float = 0.05
    limbs: Sequence[Sequence[str]] = ()
    limb_prob: float = 0.06
    limb_swap_prob: float = 0.03
    confuse_prob: float = 0.03
    #: Limbs of a skeleton, by its keypoint names.
    _limbs: dict[tuple, _Limbs] = field(
        default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        moved = [name for limb in self.limbs for name in limb[1:]]
        if len(set(moved)) < len(moved):
            raise ValueError('a keypoint moves with two of the limbs '
                             f'{self.limbs}')

    @cache_randomness
    def _draw_pose(self) -> tuple[bool, complex | None, complex, bool]:
        """Draw what goes wrong with the pose as a whole.

        Whether it is absent; its turn and zoom as one complex factor, None
        where it stays; its shift in units of the box; whether it is mirrored.
        """
        dropped = np.random.rand() < self.drop_prob
        factor = None
        if np.random.rand() < self.prob:
            factor = np.exp(
                np.random.normal(0, self.scale_std) +
                1j * np.deg2rad(np.random.normal(0, self.rotate_std)))
        shift = complex(*np.random.normal(0, self.shift_std, 2))
        mirrored = np.random.rand() < self.mirror_prob
        return dropped, factor, shift, mirrored

    @cache_randomness
    def _draw_parts(self, limbs: _Limbs) -> tuple[np.ndarray, np.ndarray]:
        """Draw what goes wrong with its parts.

        The keypoint that each one is taken for, often itself, (K, ), and the
        turn and zoom of its limb, complex (K, ).
        """
        limb, rank, members = limbs
        num_limbs, num_keypoints = len(members), len(limb)
        taken_for = np.arange(num_keypoints)
        turns = np.ones(num_limbs + 1, complex)  # the last: in no limb
        if num_limbs:
            turned = np.random.rand(num_limbs) < self.limb_prob
            turns[:-1][turned] = (
                np.random.uniform(.3, 1.2, num_limbs) *
                np.exp(2j * np.pi * np.random.rand(num_limbs)))[turned]
            others = np.random.randint(num_limbs, size=num_limbs)
            swapped = np.random.rand(num_limbs) < self.limb_swap_prob
            partner = members[others[limb], rank]
            moved = (limb >= 0) & swapped[limb] & (rank > 0) & (partner >= 0)
            taken_for[moved] = partner[moved]
        if np.random.rand() < self.confuse_prob:
            confused = np.random.rand(num_keypoints) < 1 / 3
            taken_for[confused] = np.random.randint(
                num_keypoints, size=num_keypoints)[confused]
        return taken_for, turns[limb]

    def transform(self, results: dict) -> dict:
        """Append the misplaced pose."""
        keypoints, visible = results['keypoints'], results['keypoints_visible']
        persons = 1 + results.get('num_near', len(keypoints) - 1)
        rows = [0, *range(persons, len(keypoints))]
        points, seen = to_complex(keypoints[rows]), visible[rows]
        limbs = self._find_limbs(results['keypoint_names'])
        dropped, factor, shift, mirrored = self._draw_pose()
        taken_for, turns = self._draw_parts(limbs)

        # nothing is where no keypoint is annotated
        taken_for = np.where(seen[0, taken_for] > 0, taken_for,
                             np.arange(len(taken_for)))
        points = points[:, taken_for]
        if self.limbs:
            pivot = np.where(limbs.limb >= 0, limbs.members[limbs.limb, 0], 0)
            root = points[:, pivot]
            points = np.where(seen[:, pivot] > 0,
                              root + (points - root) * turns, points)
        if mirrored:
            points = points[:, results['flip_indices']]
            seen = seen[:, results['flip_indices']]
        if dropped:
            seen = np.zeros_like(seen)
        elif factor is not None:
            corners = to_complex(results['bbox'].reshape(2, 2))
            centre, side = corners.mean(), corners[1] - corners[0]
            points = centre + (points - centre) * factor + shift * max(
                side.real, side.imag)
        wrong = np.stack((points.real, points.imag), -1).astype(np.float32)
        if factor is not None and (seen[0] > 0).any():
            # what is refined is cropped by its own joints
            results.setdefault('person_bbox', results['bbox'])
            results['bbox'] = pose_to_bbox(wrong[:1], seen[:1])
        results['keypoints'] = np.concatenate((keypoints, wrong))
        results['keypoints_visible'] = np.concatenate((visible, seen))
        results['num_near'] = persons - 1
        results['has_misplaced'] = True
        return results

    def _find_limbs(self, names: Sequence[str]) -> _Limbs:
        """Find the limbs in a skeleton, once."""
        key = tuple(names)
        if key in self._limbs:
            return self._limbs[key]
        index = {name: i for i, name in enumerate(names)}
        unknown = {name for limb in self.limbs for name in limb} - set(index)
        if unknown:
            raise ValueError(f'{sorted(unknown)} of limbs are not keypoints '
                             f'of the data set: {list(names)}')
        limb, rank = np.full(len(names), -1), np.zeros(len(names), int)
        longest = max(map(len, self.limbs), default=0)
        members = np.full((len(self.limbs), longest), -1)
        for number, chain in enumerate(self.limbs):
            joints = [index[name] for name in chain]
            members[number, :len(joints)] = joints
            limb[joints[1:]] = number
            rank[joints[1:]] = np.arange(1, len(joints))
        return self._limbs.setdefault(key, _Limbs(limb, rank, members))
