"""Vectorised synthesis of pose errors (PoseFix, section 3.2).

The functions here know nothing of registries or result dicts: arrays in,
arrays out. The registered transform on top of them is
:class:`~posefix_mm.datasets.transforms.SynthesizePoseError`.

Letters used throughout:

- K: keypoints of a skeleton; B: poses synthesized together
- J: B * K joints, flattened; every joint is sampled independently
- P: near persons; R: reference points of a joint, ``2 * (1 + P)``
- M: candidates drawn for every joint in one round

Points are complex numbers ``x + iy``, so that one ``abs`` is a distance.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...structures.oks import (
    ABSENT,
    GOOD,
    INVERSION,
    JITTER,
    KS_GOOD,
    KS_JITTER,
    KS_MISS,
    MISS,
    SWAP,
    ks_distance,
)

# Candidates tried for an error before it is declared impossible, in growing
# rounds. A few poses pay for the number of rounds, many for the number of
# candidates.
_ROUNDS_FEW = (6, 26, 468)
_ROUNDS_MANY = (3, 29, 468)
_MANY = 150  # joints
# A candidate lies exactly at its radius from its own centre; the slack keeps
# rounding from rejecting it there, so the centre needs no special case.
_SLACK = 1 - 1e-9


class SynthesizedPose(NamedTuple):
    """Wrong poses.

    Attributes:
        keypoints (np.ndarray): float64 (B, K, 2), in the frame of the input;
            zeros where absent.
        visible (np.ndarray): bool (B, K), False where the joint is absent.
        status (np.ndarray): int64 (B, K), index into :data:`ERROR_TYPES`, or
            :data:`ABSENT`.
    """

    keypoints: np.ndarray
    visible: np.ndarray
    status: np.ndarray


def to_complex(points: np.ndarray) -> np.ndarray:
    """View points (..., 2) as complex numbers (...)."""
    points = np.ascontiguousarray(points[..., :2], dtype=np.float64)
    return points.view(np.complex128)[..., 0]


class _Layout(NamedTuple):
    """What the number of near persons determines.

    Reference points come as own joints of [person, near persons...], then
    twins in the same order: which of the (1 + P) * K joints each is, int
    (R, K); whether it exists, bool (R, K); the relative number of candidates
    that each error draws around it, (5, R, 1); and whether candidates need
    not keep away from it, bool (R, 5).
    """

    source: np.ndarray
    exists: np.ndarray
    centres: np.ndarray
    ignored: np.ndarray


class _Joints(NamedTuple):
    """The joints that errors are drawn for.

    Attributes:
        refs (np.ndarray): Reference points, complex (R, J), infinite where
            there is none.
        shares (np.ndarray): Candidates that each error draws around the
            reference points up to each one, (5, R, J).
        bands (np.ndarray): By error, smallest radius, its range, and the
            distance that any candidate may have to another reference point,
            (3, 5, J).
    """

    refs: np.ndarray
    shares: np.ndarray
    bands: np.ndarray

    def take(self, index: np.ndarray) -> '_Joints':
        """Select some of the joints."""
        return _Joints(*(array.take(index, -1) for array in self))


class ErrorSynthesizer:
    """Draws wrong poses around right ones by the rules of section 3.2.

    Args:
        sigmas (Sequence[float]): COCO-style sigmas, (K, ).
        flip_indices (Sequence[int]): Index of every keypoint's left/right
            twin, its own index where it has none, (K, ).
        probabilities (np.ndarray): ``probabilities[n, o]`` is the (5, K)
            table for ``n`` annotated keypoints and ``o`` near persons (the
            last ``o`` stands for all larger counts); the rows are
            :data:`ERROR_TYPES`. See
            :func:`~posefix_mm.datasets.transforms.error_tables.build_table`.
        radius_quantiles (np.ndarray, optional): Quantiles at equally spaced
            levels of the radius of each error within its band, (5, Q), see
            :func:`~posefix_mm.datasets.transforms.error_tables.build_radii`.
            Defaults to None: uniform, as in the paper.
    """

    def __init__(self,
                 sigmas: Sequence[float],
                 flip_indices: Sequence[int],
                 probabilities: np.ndarray,
                 radius_quantiles: np.ndarray | None = None) -> None:
        self.sigmas = np.asarray(sigmas, dtype=np.float64)
        self.flip_indices = np.asarray(flip_indices)
        num_keypoints = len(self.sigmas)
        if self.flip_indices.shape != (num_keypoints, ):
            raise ValueError(
                f'flip_indices must have one entry for each of the '
                f'{num_keypoints} sigmas, got {self.flip_indices.shape}')
        expected = (num_keypoints + 1, 5, num_keypoints)
        if (probabilities.ndim != 4
                or probabilities.shape[:1] + probabilities.shape[2:] !=
                expected):
            raise ValueError(
                f'probabilities must have shape ({num_keypoints + 1}, '
                f'overlaps, 5, {num_keypoints}), got {probabilities.shape}')
        self.probabilities = probabilities
        self.radius_quantiles = radius_quantiles
        self.has_twin = self.flip_indices != np.arange(num_keypoints)
        # distance = unit * sqrt(area); good and jitter share their bound
        d85, d50, d10 = (
            ks_distance(ks, 1., self.sigmas)
            for ks in (KS_GOOD, KS_JITTER, KS_MISS))
        zero = np.zeros(num_keypoints)
        # A miss keeps d.50 from other reference points; every other error
        # must be nearer to its centre than to them, which is below d.50:
        # the smaller one of radius and d.50 is right for both.
        self._bands = np.stack([
            [zero, d85, zero, zero, d50],
            [d85, d50 - d85, d50, d50, d10 - d50],
            [d50, d50, d50, d50, d50],
        ])
        self._layouts: dict[int, _Layout] = {}

    def _layout(self, num_near: int) -> _Layout:
        if num_near not in self._layouts:
            own, twin = 0, 1 + num_near
            joint = np.arange(twin * len(self.sigmas)).reshape(twin, -1)
            centres = np.zeros((5, 2 * twin, 1))
            centres[[GOOD, JITTER], own] = 1
            centres[INVERSION, twin] = 1
            centres[SWAP] = 1
            centres[SWAP, [own, twin]] = 0
            # the release draws a quarter as many candidates elsewhere (code)
            centres[MISS] = 1
            centres[MISS, own] = 4
            # a swap must only be nearer to its centre than to own and twin
            ignored = np.zeros((2 * twin, 5), dtype=bool)
            ignored[:, SWAP] = centres[SWAP, :, 0] > 0
            exists = np.ones((2, twin, len(self.sigmas)), dtype=bool)
            exists[1] = self.has_twin
            self._layouts[num_near] = _Layout(
                np.concatenate((joint, joint[:, self.flip_indices])),
                exists.reshape(2 * twin, -1), centres, ignored)
        return self._layouts[num_near]

    def __call__(self, rng: np.random.Generator, poses: np.ndarray,
                 visible: np.ndarray, area: np.ndarray,
                 estimated: np.ndarray = None,
                 estimated_visible: np.ndarray = None,
                 num_overlap: np.ndarray = None) -> SynthesizedPose:
        """Synthesize errors on B poses that have equally many near persons.

        Pad ``poses`` with invisible persons to batch unequal numbers, and give
        the true ones as ``num_overlap``, int (B, ).

        Args:
            rng (np.random.Generator): Source of randomness.
            poses (np.ndarray): Annotated keypoints, (B, 1 + P, K, 2): the
                person, then the near persons, in one common frame.
            visible (np.ndarray): bool (B, 1 + P, K), which are annotated.
            area (np.ndarray): Area of the person's box in squared units of
                that frame, (B, ).
            estimated (np.ndarray, optional): Places of own joints that are not
                annotated, (B, K, 2): another model's, or the annotation beyond
                the border of the crop. They are references of these alone.
            estimated_visible (np.ndarray, optional): bool (B, K). A joint that
                is neither annotated nor estimated is absent.
            num_overlap (np.ndarray, optional): Defaults to P.
        """
        batch, persons, num_keypoints = visible.shape
        layout = self._layout(persons - 1)
        own = visible[:, 0]
        last = self.probabilities.shape[1] - 1
        overlap = (
            min(persons - 1, last)
            if num_overlap is None else np.minimum(num_overlap, last))
        probs = self.probabilities[own.sum(1), overlap]

        refs = to_complex(poses).reshape(batch, -1).take(layout.source, 1)
        valid = visible.reshape(batch, -1).take(layout.source, 1)
        valid &= layout.exists
        if estimated is not None:
            np.copyto(refs[:, 0], to_complex(estimated), where=~own)
            valid[:, 0] |= estimated_visible
        np.copyto(refs, np.inf, where=~valid)  # never near a candidate
        scale = np.sqrt(np.asarray(area, dtype=np.float64))
        probs = probs * valid[:, None, 0]  # absent without a place of its own
        # joints last: every joint is a column from here on
        rows = len(layout.source)
        shares = (layout.centres *
                  valid.swapaxes(0, 1).reshape(rows, -1)).cumsum(1)
        joints = _Joints(
            refs.swapaxes(0, 1).reshape(rows, -1), shares,
            (self._bands[:, :, None] * scale[:, None]).reshape(3, 5, -1))
        probs = probs.swapaxes(0, 1).reshape(5, -1) * (shares[:, -1] > 0)
        point, status = self._sample(rng, joints, probs, layout)
        keypoints = point.view(np.float64).reshape(batch, num_keypoints, 2)
        status = status.reshape(batch, num_keypoints)
        return SynthesizedPose(keypoints, status != ABSENT, status)

    def _sample(self, rng: np.random.Generator, joints: _Joints,
                probs: np.ndarray,
                layout: _Layout) -> tuple[np.ndarray, np.ndarray]:
        """Draw an error and a position for each joint.

        Drawing the error first and dropping it when no candidate is accepted
        has the same distribution as generating the candidates of all five and
        renormalising over those that have any, at a fraction of the work.
        Probabilities, (5, J), come up to a factor.

        Returns:
            tuple: positions, complex (J, ), and status, int (J, ).
        """
        cumulative = probs.cumsum(0)
        total = cumulative[-1]
        if np.count_nonzero(total) < len(total):
            some = np.flatnonzero(total)
            point = np.zeros(len(total), dtype=np.complex128)
            status = np.full(len(total), ABSENT)
            if len(some):
                point[some], status[some] = self._sample(
                    rng, joints.take(some), probs[:, some], layout)
            return point, status

        error = (rng.random(len(total)) * total < cumulative).argmax(0)
        point, accepted = self._place(rng, joints, error, layout)
        if np.count_nonzero(accepted) < len(accepted):
            failed = np.flatnonzero(~accepted)
            probs = probs[:, failed]
            probs[error[failed], np.arange(len(failed))] = 0
            point[failed], error[failed] = self._sample(
                rng, joints.take(failed), probs, layout)
        return point, error

    def _place(self, rng: np.random.Generator, joints: _Joints,
               error: np.ndarray,
               layout: _Layout) -> tuple[np.ndarray, np.ndarray]:
        """Draw candidates of the given errors until one is accepted.

        Positions, complex (J, ), and bool (J, ), False where all were
        rejected.
        """
        few = len(error) < _MANY
        first, *more = _ROUNDS_FEW if few else _ROUNDS_MANY
        point, accepted = self._try(rng, joints, error, layout, first)
        for num_candidates in more:
            if np.count_nonzero(accepted) == len(accepted):
                break
            left = np.flatnonzero(~accepted)
            point[left], accepted[left] = self._try(
                rng, joints.take(left), error[left], layout, num_candidates)
        return point, accepted

    def _try(self, rng: np.random.Generator, joints: _Joints,
             error: np.ndarray, layout: _Layout,
             num: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw M candidates for each joint; take the first accepted one."""
        refs, shares, bands = joints
        column = np.arange(len(error))
        draws = rng.random((3, num, len(error)))
        share = shares[error, :, column].T
        centre = (draws[0] * share[-1] < share[:, None]).argmax(0)
        low, width, bound = bands[:, error, column]
        if self.radius_quantiles is not None:
            draws[1] = self._at_quantiles(error, draws[1])
        radius = low + width * draws[1]
        angle = draws[2] * (2 * np.pi)
        candidate = refs[centre, column] + radius * (
            np.cos(angle) + 1j * np.sin(angle))
        distance = np.abs(refs[:, None] - candidate)
        apart = distance >= np.minimum(radius, bound) * _SLACK
        if len(refs) > 2:
            apart |= layout.ignored.take(error, 1)[:, None]
        accepted = apart.all(0)
        first = accepted.argmax(0)
        return candidate[first, column], accepted[first, column]

    def _at_quantiles(self, error: np.ndarray,
                      uniform: np.ndarray) -> np.ndarray:
        """Turn uniform numbers (M, J) into radii within the bands."""
        quantiles = self.radius_quantiles
        place = uniform * (quantiles.shape[1] - 1)
        level = place.astype(np.int64)
        low, high = quantiles[error, level], quantiles[error, level + 1]
        return low + (high - low) * (place - level)
