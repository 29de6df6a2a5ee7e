"""Probability tables of the error synthesis, as config.

A table is a mapping from error type to a list of rules. The first rule whose
conditions hold is used; a rule without conditions always holds::

    jitter=[dict(max_visible=10, probs=dict(hip=.25, ...)),
            dict(probs=dict(hip=.20, ...))]

- ``max_visible``: at most that many annotated keypoints on the person
- ``min_overlap``: at least that many near persons
- ``probs``: probability by joint group; ``'*'`` stands for all groups not
  named. What the errors leave is the probability of ``good``.
"""
import re
from collections.abc import Sequence

import numpy as np

from ...structures.oks import ERROR_TYPES

#: Joint groups of people: a group takes in the keypoints whose name, without
#: ``left_`` or ``right_``, is listed.
PERSON_JOINT_GROUPS = {
    name: [name]
    for name in ('nose', 'eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hip',
                 'knee', 'ankle')
}


def _release_table() -> dict[str, list[dict]]:
    """Probabilities of the official release; they are not in the paper."""

    def levels(groups: dict[float, str]) -> dict[str, float]:
        return {g: p for p, names in groups.items() for g in names.split()}

    def jitter(low: float, mid: float, high: float) -> dict[str, float]:
        return levels({
            low: 'nose knee ankle',
            mid: 'eye ear shoulder elbow wrist',
            high: 'hip'
        })

    def miss(low: float, mid: float, high: float) -> dict[str, float]:
        return levels({
            low: 'nose eye ear',
            mid: 'shoulder ankle',
            high: 'elbow wrist hip knee'
        })

    def by_part(face: float, arm: float, leg: float) -> dict[str, float]:
        return levels({
            face: 'nose eye ear',
            arm: 'shoulder elbow wrist',
            leg: 'hip knee ankle'
        })

    crowded = by_part(.02, .15, .10)
    return dict(
        jitter=[
            dict(max_visible=10, probs=jitter(.15, .20, .25)),
            dict(probs=jitter(.10, .15, .20))
        ],
        miss=[
            dict(max_visible=5, probs=miss(.15, .20, .25)),
            dict(max_visible=10, probs=miss(.10, .13, .15)),
            dict(probs=miss(.02, .05, .10))
        ],
        inversion=[dict(probs=by_part(.01, .03, .06))],
        swap=[
            dict(max_visible=10, min_overlap=1, probs=crowded),
            dict(max_visible=15, min_overlap=3, probs=crowded),
            dict(probs=by_part(.01, .06, .03))
        ])


#: The release's probabilities, by joint groups of people.
RELEASE_TABLE = _release_table()


def group_of_keypoints(names: Sequence[str],
                       joint_groups: dict[str, Sequence[str]] | None = None
                       ) -> list[str]:
    """Find the joint group of every keypoint, ``'*'`` where there is none.

    Args:
        names (Sequence[str]): Keypoint names of the skeleton, K of them.
        joint_groups (dict, optional): Keypoint names by group, with or
            without a ``left_`` or ``right_`` in front. Defaults to
            :data:`PERSON_JOINT_GROUPS`.
    """
    if joint_groups is None:
        joint_groups = PERSON_JOINT_GROUPS
    group_of = {
        name: group
        for group, members in joint_groups.items() for name in members
    }

    return [group_of.get(name, group_of.get(without_side(name), '*'))
            for name in names]


def without_side(name: str) -> str:
    """Name of a joint without ``left_`` or ``right_``, ``l_`` or ``r_``."""
    return re.sub('^(left_|right_|l_|r_)', '', name, flags=re.IGNORECASE)


def _matching_rule(rules: Sequence[dict], num_visible: int,
                   num_overlap: int) -> dict | None:
    for rule in rules:
        unknown = set(rule) - {'max_visible', 'min_overlap', 'probs'}
        if unknown:
            raise ValueError(
                f'unknown keys {sorted(unknown)} in a rule of the error '
                "table; allowed are 'max_visible', 'min_overlap', 'probs'")
        if 'probs' not in rule:
            raise ValueError(
                f'a rule of the error table has no `probs`: {rule}')
        if (num_visible <= rule.get('max_visible', num_visible)
                and num_overlap >= rule.get('min_overlap', 0)):
            return rule
    return None


def _row(error: str, rule: dict | None, names: Sequence[str],
         groups: Sequence[str]) -> list[float]:
    """Probability of one error for every keypoint under one rule."""
    if rule is None:
        return [0.] * len(names)
    probs = rule['probs']
    missing = [
        name for name, group in zip(names, groups, strict=True)
        if group not in probs and '*' not in probs
    ]
    if missing:
        raise ValueError(
            f'the error table has no probability of {error!r} for the '
            f'keypoints {missing}; name their joint group in `joint_groups` '
            "and `probs`, or give '*' for all other keypoints")
    return [probs[g] if g in probs else probs['*'] for g in groups]


def build_table(names: Sequence[str],
                table: dict[str, list[dict]] | None = None,
                joint_groups: dict[str, Sequence[str]] | None = None
                ) -> np.ndarray:
    """Expand a table into an array for a skeleton.

    Rules by error type are :data:`RELEASE_TABLE` by default; joint groups are
    as in :func:`group_of_keypoints`.

    Returns:
        np.ndarray: Probabilities (K + 1, O, 5, K): by number of annotated
        keypoints, number of near persons (the last for all larger ones), type
        of error in the order of
        :data:`~posefix_mm.structures.oks.ERROR_TYPES`,
        and keypoint.

    Raises:
        ValueError: On unknown errors or rule keys, on a keypoint without
            probability, and where probabilities are negative or add up to
            more than 1.
    """
    table = RELEASE_TABLE if table is None else table
    unknown = set(table) - set(ERROR_TYPES[1:])
    if unknown:
        raise ValueError(f'unknown errors {sorted(unknown)} in the error '
                         f'table; allowed are {ERROR_TYPES[1:]}')
    groups = group_of_keypoints(names, joint_groups)
    overlaps = 1 + max((rule.get('min_overlap', 0)
                        for rules in table.values() for rule in rules),
                       default=0)
    result = np.zeros((len(names) + 1, overlaps, 5, len(names)))
    for index, error in enumerate(ERROR_TYPES[1:], start=1):
        for visible in range(len(names) + 1):
            for overlap in range(overlaps):
                rule = _matching_rule(table.get(error, ()), visible, overlap)
                result[visible, overlap, index] = _row(error, rule, names,
                                                       groups)
    result[:, :, 0] = 1 - result.sum(2)
    if result.min() < -1e-9:
        raise ValueError('the probabilities in the error table are negative '
                         'or add up to more than 1 for some keypoint')
    return result.clip(0)


def build_radii(
        quantiles: dict[str, Sequence[float]] | None
) -> np.ndarray | None:
    """Check the radius distributions of a config; None where all are uniform.

    By error type, quantiles at equally spaced levels, the first at 0 and the
    last at 1, of the place of the radius in the band of this error (section
    3.2): 0 is its lower and 1 its upper end. Errors not named are uniform.
    The result is (5, Q).

    Raises:
        ValueError: On unknown errors, lists of unequal length, and on
            quantiles that fall, are negative, or exceed 1 for another error
            than a miss, which may be farther away than its band.
    """
    if not quantiles:
        return None
    unknown = set(quantiles) - set(ERROR_TYPES)
    if unknown:
        raise ValueError(f'unknown errors {sorted(unknown)} in the radius '
                         f'quantiles; allowed are {ERROR_TYPES}')
    lengths = {len(values) for values in quantiles.values()}
    if len(lengths) > 1 or min(lengths) < 2:
        raise ValueError('the radius quantiles of all errors must be equally '
                         f'many, at least 2, got {sorted(lengths)}')
    uniform = np.linspace(0, 1, lengths.pop())
    result = np.array([quantiles.get(e, uniform) for e in ERROR_TYPES],
                      dtype=np.float64)
    if not (np.diff(result) >= 0).all() or result.min() < 0 \
            or result[:-1].max() > 1:
        raise ValueError('radius quantiles must rise from 0 or more, up to 1 '
                         'unless the error is a miss')
    return result
