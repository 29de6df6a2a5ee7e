"""Measure the tables of the error synthesis on real predictions.

The synthesis draws an error of section 3.2 of PoseFix by a probability that
depends on the joint, the number of annotated joints and the number of near
persons, and drops those that are impossible: an inversion without an
annotated twin, a swap without a near person's joint. Estimated is what it
takes, so that synthesizing with the measured table gives the measured errors.

Letters: V and O bins of annotated joints and of near persons, G joint groups,
A = 4 combinations of whether inversion (1) and swap (2) are possible.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pprint import pformat
from textwrap import fill

import numpy as np

from ..datasets.transforms.error_tables import (
    group_of_keypoints,
    without_side,
)
from ..structures.oks import (
    ERROR_TYPES,
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
from .diagnosis import Diagnosis
from .summary import OVERLAP_BOUNDS, VISIBLE_BOUNDS, bin_poses

# Which errors are possible, (A, 5).
_POSSIBLE = np.ones((4, 5), bool)
_POSSIBLE[[0, 2], INVERSION] = False
_POSSIBLE[[0, 1], SWAP] = False
_ITERATIONS = 300
_TINY = 1e-12  # what a sum of probabilities is at least divided by
# Levels of the radius quantiles; the ends are cut so that no single outlier
# decides them.
_LEVELS = np.linspace(0, 1, 21).clip(.005, .995)
# d(.85), d(.50), d(.10) of a keypoint of area 1 and sigma 1.
_D85, _D50, _D10 = (
    ks_distance(ks, np.ones(()), np.ones(1)).item()
    for ks in (KS_GOOD, KS_JITTER, KS_MISS))
_BANDS = {GOOD: (0, _D85), JITTER: (_D85, _D50), MISS: (_D50, _D10)}
# Of a joint so far away that its similarity is no number any more.
_SMALLEST = 1e-300
_WIDTH = 79
_CONFIG_USE = """
# In a config whose `_base_` lists this file:
#     train_pipeline = [
#         dict(step, **_base_.measured_errors)
#         if step.type == 'SynthesizePoseError' else step
#         for step in _base_.train_pipeline
#     ]
#     train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
""".strip()


@dataclass
class MeasuredErrors:
    """Arguments of ``SynthesizePoseError``, and what they rest on."""

    joint_groups: dict[str, Sequence[str]]  #: Keypoint names by group
    #: Rules by error type, see
    #: :mod:`~posefix_mm.datasets.transforms.error_tables`.
    table: dict[str, list[dict]]
    #: By error type; those that were not seen have none.
    radius_quantiles: dict[str, list[float]]
    #: By joint group, empty if no joint was absent.
    absent_probs: dict[str, float] = field(default_factory=dict)
    #: ``poses``; ``rules``, one for each rule in order, with its conditions,
    #: its number of ``poses`` and of ``joints`` by group; ``radii``, number of
    #: joints by error type; ``absent``, number of absent joints by group.
    observations: dict = field(default_factory=dict)

    def arguments(self) -> dict:
        """Collect the arguments of ``SynthesizePoseError``."""
        absent = dict(absent_probs=self.absent_probs)
        return dict(joint_groups=self.joint_groups, table=self.table,
                    radius_quantiles=self.radius_quantiles,
                    **(absent if self.absent_probs else {}))


def config_fragment(measured: MeasuredErrors, description: str) -> str:
    """Lay out measured errors as a config file.

    The description becomes the file's comment. The file sets
    ``measured_errors``, arguments of ``SynthesizePoseError``, and
    ``measured_errors_observations``, the numbers of observations behind them.
    """
    arguments, observations = (
        f'{name} = ' + pformat(
            value, width=_WIDTH - len(name) - 3, sort_dicts=False)
        for name, value in (
            ('measured_errors', measured.arguments()),
            ('measured_errors_observations', measured.observations)))
    return '\n'.join([
        fill(description, _WIDTH, initial_indent='# ', subsequent_indent='# ',
             break_long_words=False), _CONFIG_USE, arguments,
        '# Poses and joints behind each entry, rule by rule.', observations,
        ''])


def twin_groups(names: Sequence[str],
                flip_indices: Sequence[int]) -> dict[str, list[str]]:
    """Put the left and right joints of a skeleton in groups.

    Names of the K keypoints by group: pairs of twins, which ``flip_indices``
    (K, ) tells, named without the side, and joints without a twin.
    """
    groups: dict[str, list[str]] = {}
    for index, twin in enumerate(flip_indices):
        if twin < index:
            continue
        members = [names[index]] + [names[twin]] * (twin > index)
        base = without_side(names[index]) if twin > index else names[index]
        groups[names[index] if base in groups else base] = members
    return groups


def estimate_errors(diagnosis: Diagnosis, metainfo: dict, *,
                    joint_groups: Mapping[str, Sequence[str]] | None = None,
                    visible_bounds: tuple[int, ...] = VISIBLE_BOUNDS,
                    overlap_bounds: tuple[int, ...] = OVERLAP_BOUNDS,
                    prior: float = 20.) -> MeasuredErrors:
    """Measure the error synthesis' tables.

    Where there are few observations, entries are drawn towards those of all
    numbers of near persons, these towards those of all numbers of annotated
    joints, and these towards those of all joints: each is estimated as if
    ``prior`` more joints had been seen with the errors of the next. Radii
    are drawn towards uniform ones alike. Joints that a pose does not have
    count for ``absent_probs`` only.

    Args:
        diagnosis (Diagnosis): Of real predictions, with ``rules='posefix'``
            and ``area='bbox'``, which errors are synthesized with.
        metainfo (dict): Skeleton.
        joint_groups (dict, optional): Keypoint names by group; joints in
            none are ``'*'``. Defaults to pairs of left and right.
        visible_bounds (tuple[int, ...]): Upper ends of the bins of annotated
            joints but the last; by default the release's.
        overlap_bounds (tuple[int, ...]): Lower ends of the bins of near
            persons but the first; by default the release's.
        prior (float): Number of observations that count as few.

    Returns:
        MeasuredErrors: What ``SynthesizePoseError`` takes.

    Raises:
        ValueError: If no pose was matched, or by other rules.
    """
    if diagnosis.rules != 'posefix':
        raise ValueError("errors are synthesized by the rules 'posefix' and "
                         f'must be measured by them, not {diagnosis.rules!r}')
    if len(diagnosis) == 0:
        raise ValueError('no pose belongs to an annotated person: there are '
                         'no errors to measure')
    names, flip = diagnosis.keypoint_names, metainfo['flip_indices']
    if joint_groups is None:
        joint_groups = twin_groups(names, flip)
    groups: dict[str, Sequence[str]] = {
        name: list(members) for name, members in joint_groups.items()}
    group_of = group_of_keypoints(names, groups)
    group_names = list(dict.fromkeys(group_of))
    group = np.array([group_names.index(g) for g in group_of])
    bins = bin_poses(diagnosis, visible_bounds, overlap_bounds)
    counts = _count(diagnosis, bins, group, (len(visible_bounds) + 1,
                                             len(overlap_bounds) + 1))
    has_twin = np.zeros(len(group_names), bool)
    has_twin[group[np.asarray(flip) != np.arange(len(flip))]] = True
    table, rules = _rules(_probabilities(counts, prior, has_twin), counts,
                          bins, group_names, visible_bounds, overlap_bounds)
    quantiles, radii = _radii(diagnosis, prior)
    absent_probs, absent = _absent(diagnosis, group, group_names, prior)
    return MeasuredErrors(
        groups, table, quantiles, absent_probs,
        dict(poses=len(diagnosis), rules=rules, radii=radii, absent=absent))


def _count(diagnosis: Diagnosis, bins: tuple[np.ndarray, np.ndarray],
           group: np.ndarray, num_bins: tuple[int, int]) -> np.ndarray:
    """Count present joints by bins, group, possible errors and status."""
    shape = (*num_bins, group.max() + 1, 4, 5)  # (V, O, G, A, 5)
    seen = (diagnosis.status >= 0) & diagnosis.present
    possible = diagnosis.twin_visible + 2 * diagnosis.near_visible
    columns = np.broadcast_arrays(bins[0][:, None], bins[1][:, None], group,
                                  possible, diagnosis.status)
    index = np.ravel_multi_index([c[seen] for c in columns], shape)
    return np.bincount(index, minlength=np.prod(shape)).reshape(shape)


def _fit(counts: np.ndarray, parent: np.ndarray, prior: float) -> np.ndarray:
    """Estimate the probabilities that errors are drawn with, (..., 5).

    Maximum likelihood by minorisation, as for Bradley-Terry models, since
    impossible errors are dropped and the rest renormalised: each error is
    weighed by how often it was possible. Besides the observations, counts of
    (..., A, 5), there are ``prior`` more, with all errors possible and the
    probabilities of ``parent`` (..., 5), also the result without observations.
    """
    number = counts.sum(-1) + prior * np.array([0, 0, 0, 1])
    wins = counts.sum(-2) + prior * parent
    probs = np.full(wins.shape, .2)
    for _ in range(_ITERATIONS):
        total = (_POSSIBLE * probs[..., None, :]).sum(-1)
        chances = (_POSSIBLE *
                   (number / np.maximum(total, _TINY))[..., None]).sum(-2)
        probs = _normalised(wins / np.maximum(chances, _TINY))
    return np.where(wins.sum(-1, keepdims=True) > 0, probs, parent)


def _normalised(probs: np.ndarray) -> np.ndarray:
    return probs / np.maximum(probs.sum(-1, keepdims=True), _TINY)


def _probabilities(counts: np.ndarray, prior: float,
                   has_twin: np.ndarray) -> np.ndarray:
    """Estimate all entries from the coarse to the fine, (V, O, G, 5)."""
    probs = _fit(counts.sum((0, 1, 2)), np.eye(5)[GOOD], 0)
    probs = _fit(counts.sum((0, 1)), probs, prior)
    probs = _fit(counts.sum(1), probs, prior)
    probs = _fit(counts, probs[:, None], prior)
    probs[:, :, ~has_twin, INVERSION] = 0
    probs[:, 0, :, SWAP] = 0
    return _normalised(probs)


def _rules(probs: np.ndarray, counts: np.ndarray,
           bins: tuple[np.ndarray, np.ndarray], group_names: Sequence[str],
           visible_bounds: Sequence[int], overlap_bounds: Sequence[int]
           ) -> tuple[dict[str, list[dict]], list[dict]]:
    """Rules by error type, for bins with poses, and their observations."""
    poses = np.zeros(probs.shape[:2], np.int64)
    np.add.at(poses, bins, 1)
    # rounded down: what rounds up could add up to more than 1
    rounded = np.floor(probs * 1e4) / 1e4
    table: dict[str, list[dict]] = {error: [] for error in ERROR_TYPES[1:]}
    observations = []
    visible_bins = np.flatnonzero(poses.any(1))
    for v in visible_bins:
        overlap_bins = np.flatnonzero(poses[v])
        for o in overlap_bins[::-1]:
            conditions = {}
            if v != visible_bins[-1]:
                conditions['max_visible'] = int(visible_bounds[v])
            if o != overlap_bins[0]:
                conditions['min_overlap'] = int(overlap_bounds[o - 1])
            for kind, rules in enumerate(table.values(), 1):
                rules.append(dict(conditions, probs=_by_group(
                    group_names, rounded[v, o, :, kind])))
            observations.append(dict(
                conditions, poses=int(poses[v, o]),
                joints=_by_group(group_names, counts[v, o].sum((1, 2)))))
    return table, observations


def _by_group(group_names: Sequence[str], values: np.ndarray) -> dict:
    return dict(zip(group_names, values.tolist(), strict=True))


def _radii(diagnosis: Diagnosis,
           prior: float) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Quantiles of the radius in its band, and numbers of observations."""
    quantiles, numbers = {}, {}
    uniform = (np.arange(int(prior)) + .5) / max(int(prior), 1)
    for kind, error in enumerate(ERROR_TYPES):
        seen = (diagnosis.status == kind) & diagnosis.present
        numbers[error] = int(seen.sum())
        if not seen.any():
            continue  # uniform, as by default
        radius = relative_radius(diagnosis.nearest_ks[seen], kind)
        values = np.quantile(np.concatenate((radius, uniform)), _LEVELS)
        if kind != MISS:
            values = values.clip(0, 1)
        quantiles[error] = values.round(4).tolist()
    return quantiles, numbers


def _absent(diagnosis: Diagnosis, group: np.ndarray,
            group_names: Sequence[str],
            prior: float) -> tuple[dict[str, float], dict[str, int]]:
    """Shares and numbers of annotated joints that poses do not have."""
    annotated = diagnosis.status >= 0
    total, missing = (
        np.bincount(group, joints.sum(0), len(group_names))
        for joints in (annotated, annotated & ~diagnosis.present))
    numbers = _by_group(group_names, missing.astype(int))
    if not missing.any():
        return {}, numbers
    overall = missing.sum() / total.sum()
    shares = (missing + prior * overall) / np.maximum(total + prior, _TINY)
    return _by_group(group_names, shares.round(4)), numbers


def relative_radius(similarity: np.ndarray, kind: int) -> np.ndarray:
    """Place of the distance to the reference point within an error's band.

    ``similarity`` is the KS to the reference point, (...), ``kind`` an index
    into ``ERROR_TYPES``. Returns 0 at the lower and 1 at the upper end of the
    band that section 3.2 of PoseFix draws radii from, (...); misses may be
    beyond.
    """
    low, high = _BANDS.get(kind, (0, _D50))
    distance = 2 * np.sqrt(-2 * np.log(np.maximum(similarity, _SMALLEST)))
    return (distance - low) / (high - low)
