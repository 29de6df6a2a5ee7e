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
from typing import NamedTuple, Sequence, Tuple

import numpy as np

#: The five outcomes of section 3.2, in the order of every table here.
ERROR_TYPES = ('good', 'jitter', 'inversion', 'swap', 'miss')
#: Status of a joint for which no error was possible; it has no position.
ABSENT = -1

GOOD, JITTER, INVERSION, SWAP, MISS = range(5)

#: Keypoint similarities that bound the bands of section 3.2.
KS_GOOD, KS_JITTER, KS_MISS = 0.85, 0.50, 0.10

# Candidates tried for an error before it is declared impossible, in growing
# rounds: nearly every joint is settled by the first, which is all that the
# usual pose pays for.
_ROUNDS = (3, 29, 468)
# A candidate lies exactly at its radius from its own centre; the slack keeps
# rounding from rejecting it there, so the centre needs no special case.
_SLACK = 1 - 1e-9


class SynthesizedPose(NamedTuple):
    """Outcome of :func:`synthesize_errors`.

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


def ks_distance(ks: float, area: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Distance at which a keypoint has a given similarity (section 2).

    Inverts ``KS = exp(-d^2 / (2 * area * (2 * sigma)^2))``.

    Args:
        ks (float): Keypoint similarity in (0, 1].
        area (np.ndarray): Person areas, (...), in squared pixels.
        sigmas (np.ndarray): COCO-style sigmas, (K, ).

    Returns:
        np.ndarray: Distances in pixels, (..., K).
    """
    factor = np.sqrt(-2 * np.log(ks)) * 2
    return factor * np.sqrt(np.asarray(area))[..., None] * sigmas


def to_complex(points: np.ndarray) -> np.ndarray:
    """View points (..., 2) as complex numbers (...)."""
    points = np.ascontiguousarray(points[..., :2], dtype=np.float64)
    return points.view(np.complex128)[..., 0]


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
    """

    def __init__(self, sigmas: Sequence[float], flip_indices: Sequence[int],
                 probabilities: np.ndarray) -> None:
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
        self.has_twin = self.flip_indices != np.arange(num_keypoints)
        # distance = unit * sqrt(area); good and jitter share their bound
        unit = np.stack([
            ks_distance(ks, 1., self.sigmas)
            for ks in (KS_GOOD, KS_JITTER, KS_MISS)
        ])
        zero = np.zeros(num_keypoints)
        self._inner = np.stack([zero, unit[0], zero, zero, unit[1]])
        self._width = np.stack(
            [unit[0], unit[1] - unit[0], unit[1], unit[1], unit[2] - unit[1]])
        self._unit_d50 = unit[1]
        self._layouts: dict = {}

    def _layout(self, num_near: int) -> Tuple[np.ndarray, np.ndarray]:
        """Which reference points matter to which error.

        Reference points come as own joints of [person, near persons...], then
        twins in the same order.

        Returns:
            tuple: (5, R) relative numbers of candidates around each reference
            point, and (5, R) bool, the points a candidate must keep away from.
        """
        if num_near not in self._layouts:
            own, twin = 0, 1 + num_near
            centres = np.zeros((5, 2 * (1 + num_near)))
            centres[[GOOD, JITTER], own] = 1
            centres[INVERSION, twin] = 1
            centres[SWAP] = 1
            centres[SWAP, [own, twin]] = 0
            # the release draws a quarter as many candidates elsewhere (code)
            centres[MISS] = 1
            centres[MISS, own] = 4
            avoid = np.ones(centres.shape, dtype=bool)
            avoid[SWAP] = centres[SWAP] == 0
            self._layouts[num_near] = (centres, avoid)
        return self._layouts[num_near]

    def __call__(self, rng: np.random.Generator, poses: np.ndarray,
                 visible: np.ndarray, area: np.ndarray,
                 estimated: np.ndarray = None,
                 estimated_visible: np.ndarray = None,
                 num_overlap: np.ndarray = None) -> SynthesizedPose:
        """Synthesize errors on B poses that have equally many near persons.

        Pad ``poses`` with invisible persons to batch unequal numbers, and
        give the true ones as ``num_overlap``.

        Args:
            rng (np.random.Generator): Source of randomness.
            poses (np.ndarray): Annotated keypoints, (B, 1 + P, K, 2): the
                person, then the near persons, in one common frame.
            visible (np.ndarray): bool (B, 1 + P, K), which are annotated.
            area (np.ndarray): Area of the person's box in squared units of
                that frame, (B, ).
            estimated (np.ndarray, optional): Another model's keypoints of
                the person, (B, K, 2): the reference of unannotated joints.
            estimated_visible (np.ndarray, optional): bool (B, K).
            num_overlap (np.ndarray, optional): Numbers of near persons,
                int (B, ). Defaults to P.

        Returns:
            SynthesizedPose: The wrong poses.
        """
        batch, persons, num_keypoints = visible.shape
        points = to_complex(poses)
        num_visible = visible[:, 0].sum(1)
        if num_overlap is None:
            num_overlap = persons - 1
        overlap = np.minimum(num_overlap, self.probabilities.shape[1] - 1)
        probs = self.probabilities[num_visible, overlap]

        refs = np.concatenate((points, points[..., self.flip_indices]), 1)
        valid = np.concatenate(
            (visible, visible[..., self.flip_indices] & self.has_twin), 1)
        if estimated is not None:
            own = visible[:, 0]
            refs[:, 0] = np.where(own, refs[:, 0], to_complex(estimated))
            valid[:, 0] = own | estimated_visible
        scale = np.sqrt(np.asarray(area, dtype=np.float64)).reshape(-1, 1)
        # joints last: every joint is a column from here on
        columns = batch * num_keypoints
        point, status = self._sample(
            rng,
            refs.swapaxes(0, 1).reshape(-1, columns),
            valid.swapaxes(0, 1).reshape(-1, columns),
            probs.swapaxes(0, 1).reshape(5, columns),
            np.broadcast_to(scale, (batch, num_keypoints)).reshape(-1),
            persons - 1)
        keypoints = point.view(np.float64).reshape(batch, num_keypoints, 2)
        status = status.reshape(batch, num_keypoints)
        return SynthesizedPose(keypoints, status != ABSENT, status)

    def _sample(self, rng: np.random.Generator, refs: np.ndarray,
                valid: np.ndarray, probs: np.ndarray, scale: np.ndarray,
                num_near: int) -> Tuple[np.ndarray, np.ndarray]:
        """Draw an error and a position for each of J joints.

        Drawing the error first and dropping it when no candidate is accepted
        has the same distribution as generating the candidates of all five
        and renormalising over those that have any, at a fraction of the work.

        Args:
            refs (np.ndarray): complex (R, J). valid: bool (R, J).
            probs (np.ndarray): (5, J). scale: sqrt of the area, (J, ).

        Returns:
            tuple: positions, complex (J, ), and status, int (J, ).
        """
        centres, _ = self._layout(num_near)
        probs = probs * (centres @ valid > 0)  # errors without any centre
        refs = np.where(valid, refs, np.inf)  # never near a candidate
        total = refs.shape[1]
        keypoint = np.arange(total) % len(self.sigmas)
        point = np.zeros(total, dtype=np.complex128)
        status = np.full(total, ABSENT)

        todo = np.arange(total)
        while len(todo):
            cumulative = probs[:, todo].cumsum(0)
            possible = cumulative[-1] > 0
            if not possible.all():
                todo, cumulative = todo[possible], cumulative[:, possible]
            drawn = rng.random(len(todo)) * cumulative[-1]
            error = (drawn >= cumulative[:-1]).sum(0)
            failed = self._place(rng, refs, valid, scale, keypoint, todo,
                                 error, num_near, point, status)
            probs[error[failed], todo[failed]] = 0
            todo = todo[failed]
        return point, status

    def _place(self, rng: np.random.Generator, refs: np.ndarray,
               valid: np.ndarray, scale: np.ndarray, keypoint: np.ndarray,
               todo: np.ndarray, error: np.ndarray, num_near: int,
               point: np.ndarray, status: np.ndarray) -> np.ndarray:
        """Place the joints ``todo`` with the given errors, in place.

        Returns:
            np.ndarray: Positions in ``todo`` whose candidates were all
            rejected.
        """
        left = np.arange(len(todo))
        for num_candidates in _ROUNDS:
            column, kind = todo[left], error[left]
            candidate, accepted = self._candidates(
                rng, refs[:, column], valid[:, column], scale[column],
                keypoint[column], kind, num_near, num_candidates)
            first = accepted.argmax(0)
            rows = np.arange(len(left))
            found = accepted[first, rows]
            point[column[found]] = candidate[first, rows][found]
            status[column[found]] = kind[found]
            left = left[~found]
            if not len(left):
                break
        return left

    def _candidates(self, rng: np.random.Generator, refs: np.ndarray,
                    valid: np.ndarray, scale: np.ndarray, keypoint: np.ndarray,
                    error: np.ndarray, num_near: int,
                    num: int) -> Tuple[np.ndarray, np.ndarray]:
        """Draw M candidates for each joint and test them.

        Returns:
            tuple: positions, complex (M, J), and acceptance, bool (M, J).
        """
        centres, avoid = self._layout(num_near)
        draws = rng.random((3, num, len(error)))
        weight = (centres[error].T * valid).cumsum(0)
        centre = (draws[0] * weight[-1] >= weight[:-1, None]).sum(0)
        radius = scale * (self._inner[error, keypoint] +
                          self._width[error, keypoint] * draws[1])
        angle = draws[2] * (2 * np.pi)
        candidate = refs[centre, np.arange(len(error))]
        candidate = candidate + radius * (np.cos(angle) + 1j * np.sin(angle))
        # a miss keeps d.50 from all other points; every other error must be
        # nearer to its centre than to them
        clearance = np.where(error == MISS, scale * self._unit_d50[keypoint],
                             radius) * _SLACK
        apart = np.abs(refs[:, None] - candidate) >= clearance
        if num_near:
            apart |= ~avoid[error].T[:, None]
        return candidate, apart.all(0)
