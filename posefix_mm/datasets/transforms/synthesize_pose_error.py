"""Turn the annotated pose of a crop into a wrong one to be refined."""
import os
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ...structures.boxes import input_box_area
from ...structures.error_types import ABSENT
from .error_synthesis import ErrorSynthesizer
from .error_tables import (
    PERSON_JOINT_GROUPS,
    build_radii,
    build_table,
    group_of_keypoints,
)


@TRANSFORMS.register_module()
class SynthesizePoseError(BaseTransform):
    """Synthesize an ``input_pose`` with the errors of section 3.2.

    Comes after the crop (``TopdownAffine``): `PoseFix`_ synthesizes in input
    pixels; outside the crop, only a joint's own reference point counts
    (code). The
    poses that the errors are taken from ride along as further rows of
    ``keypoints``, put there by :class:`PoseRefineDataset`, so that every
    geometric transform of mmpose moves them with the person; here they are
    taken off again.

    Required Keys:

        - transformed_keypoints: (1 + P + E, K, 2) in input pixels: the
          person, P near persons, and E = 0 or 1 estimates of another model
        - keypoints_visible: (1 + P + E, K)
        - keypoints, bbox, bbox_scale, input_size, flip_indices
        - sigmas, keypoint_names
        - num_near (optional): P. Defaults to all further rows.
        - has_misplaced (optional): Whether :class:`MisplacePose` appended
          1 + E more rows, to which the errors are then added.

    Modified Keys:

        - transformed_keypoints, keypoints, keypoints_visible: the person's
          row only

    Added Keys:

        - input_pose: input pixels, float32 (1, K, 2)
        - input_pose_visible: float32 (1, K), 0 where absent
        - input_pose_status: int64 (1, K), index into ``ERROR_TYPES``, -1
          where absent

    Args:
        table (dict, optional): Probabilities, see
            :mod:`~posefix_mm.datasets.transforms.error_tables`. Defaults to
            the release's.
        joint_groups (dict, optional): Keypoint names by group. Defaults to
            people's.
        absent_keypoints (Sequence[str]): Keypoints that the data set never
            annotates and that are never shown. Defaults to none.
        radius_quantiles (dict, optional): Distribution of the radius by
            error type, see
            :func:`~posefix_mm.datasets.transforms.error_tables.build_radii`.
            Defaults to None: uniform, as in the paper.
        absent_probs (dict, optional): Share of the joints by joint group,
            ``'*'`` for all groups not named, that are taken out afterwards,
            for estimators that leave joints out. Defaults to none.
        seed (int, optional): Makes the errors of a sample depend on this and
            the sample's ``id`` only, for validation. Defaults to None: new
            errors at every visit.

    .. _`PoseFix`: https://arxiv.org/abs/1812.03595
    """

    def __init__(self,
                 table: Optional[Dict[str, List[dict]]] = None,
                 joint_groups: Optional[Dict[str, Sequence[str]]] = None,
                 *,
                 absent_keypoints: Sequence[str] = (),
                 radius_quantiles: Optional[Dict[str,
                                                 Sequence[float]]] = None,
                 absent_probs: Optional[Dict[str, float]] = None,
                 seed: Optional[int] = None) -> None:
        super().__init__()
        self.table = table
        self.joint_groups = joint_groups
        self.absent_keypoints = tuple(absent_keypoints)
        self.radius_quantiles = radius_quantiles
        self.absent_probs = absent_probs
        self.seed = seed
        self._synthesizers: Dict[tuple, ErrorSynthesizer] = {}
        self._rng: Optional[np.random.Generator] = None
        self._pid = -1

    def build_probabilities(self, names: Sequence[str]) -> np.ndarray:
        """Expand the table for a skeleton; see :func:`build_table`.

        Args:
            names (Sequence[str]): Keypoint names, K of them.

        Returns:
            np.ndarray: (K + 1, overlaps, 5, K).
        """
        return build_table(names, self.table, self.joint_groups)

    def _synthesizer(self, results: dict) -> ErrorSynthesizer:
        """Build the synthesizer of a skeleton once."""
        key = tuple(results['keypoint_names'])
        if key not in self._synthesizers:
            self._synthesizers[key] = ErrorSynthesizer(
                results['sigmas'], results['flip_indices'],
                self.build_probabilities(key),
                build_radii(self.radius_quantiles))
        return self._synthesizers[key]

    def _generator(self, results: dict) -> np.random.Generator:
        """Source of randomness of this sample.

        Every data worker must have its own: a forked one would repeat its
        parent's. mmengine seeds NumPy's global state differently in each.
        """
        if self.seed is not None:
            return np.random.default_rng([self.seed, results['id']])
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._rng = np.random.default_rng(np.random.randint(2**31, size=4))
        return self._rng

    def transform(self, results: dict) -> dict:
        """Synthesize the input pose of one person.

        Args:
            results (dict): Result dict.

        Returns:
            dict: Result dict with the keys above.
        """
        keypoints = results['transformed_keypoints']
        size = results['input_size']
        known = results['keypoints_visible'] > 0
        num_near = results.get('num_near', len(keypoints) - 1)
        if results.get('has_misplaced'):
            order = self._misplaced_rows(results)
            keypoints, known = keypoints[order], known[order]
            if not known[0].any():  # dropped: nobody else's pose either
                known[:] = False
        absent = self._indices(results) if self.absent_keypoints else []
        if absent:
            known[:, absent] = False
        inside = (keypoints >= 0) & (keypoints < size)
        visible = inside[..., 0] & inside[..., 1] & known
        persons = 1 + num_near
        estimate = self._own_places(keypoints, known, persons)
        rng = self._generator(results)
        pose = self._synthesizer(results)(rng, keypoints[None, :persons],
                                          visible[None, :persons],
                                          np.array([input_box_area(results)]),
                                          *estimate)
        if self.absent_probs:
            probs = self._absent_probabilities(results['keypoint_names'])
            absent = [*absent, *np.flatnonzero(rng.random(len(probs)) < probs)]

        if absent:  # errors may have put them near an annotated twin
            pose.keypoints[:, absent] = 0
            pose.visible[:, absent] = False
            pose.status[:, absent] = ABSENT
        results['input_pose'] = pose.keypoints.astype(np.float32)
        results['input_pose_visible'] = pose.visible.astype(np.float32)
        results['input_pose_status'] = pose.status
        for key in ('transformed_keypoints', 'keypoints', 'keypoints_visible'):
            results[key] = results[key][:1]
        return results

    @staticmethod
    def _own_places(keypoints: np.ndarray, known: np.ndarray,
                    persons: int) -> Tuple[np.ndarray, np.ndarray]:
        """Places of joints that do not count as annotated in this crop.

        The estimate's, else the annotated one, on whichever side of the
        border (code).

        Returns:
            tuple: (1, K, 2) and bool (1, K).
        """
        places, exist = keypoints[:1], known[:1]
        if len(keypoints) > persons:
            estimated = known[persons:persons + 1]
            places = np.where(estimated[..., None],
                              keypoints[persons:persons + 1], places)
            exist = exist | estimated
        return places, exist

    @staticmethod
    def _misplaced_rows(results: dict) -> List[int]:
        """Rows with the misplaced person and estimate in the true places."""
        num_near = results['num_near']
        num_estimates = (len(results['keypoints']) - 2 - num_near) // 2
        first = 1 + num_near + num_estimates
        return [first, *range(1, 1 + num_near),
                *range(first + 1, first + 1 + num_estimates)]

    def _absent_probabilities(self, names: Sequence[str]) -> np.ndarray:
        """Share of each keypoint that is taken out, (K, )."""
        groups = PERSON_JOINT_GROUPS if self.joint_groups is None \
            else self.joint_groups
        others = self.absent_probs.get('*', 0.)
        return np.array([
            self.absent_probs.get(group, others)
            for group in group_of_keypoints(names, groups)
        ])

    def _indices(self, results: dict) -> List[int]:
        names = list(results['keypoint_names'])
        unknown = set(self.absent_keypoints) - set(names)
        if unknown:
            raise ValueError(f'absent_keypoints {sorted(unknown)} are not '
                             f'keypoints of the data set, which has {names}')
        return [names.index(name) for name in self.absent_keypoints]

    def __repr__(self) -> str:
        """Show the parameters."""
        return (f'{type(self).__name__}(table={self.table}, '
                f'joint_groups={self.joint_groups}, '
                f'absent_keypoints={self.absent_keypoints}, '
                f'radius_quantiles={self.radius_quantiles}, '
                f'absent_probs={self.absent_probs}, '
                f'seed={self.seed})')
