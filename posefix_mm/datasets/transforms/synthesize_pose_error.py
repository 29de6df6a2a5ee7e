"""Turn the annotated pose of a crop into a wrong one, with scores."""
import os
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ...structures.boxes import input_box_area, shown_weights
from ...structures.oks import ABSENT
from .error_synthesis import ErrorSynthesizer
from .error_tables import build_radii, build_table, group_of_keypoints
from .input_pose import ks_scales


@TRANSFORMS.register_module()
@dataclass(eq=False)
class SynthesizePoseError(BaseTransform):
    """Synthesize an ``input_pose`` with the errors of section 3.2.

    Comes after the crop (``TopdownAffine``): `PoseFix`_ synthesizes in input
    pixels; outside the crop, only a joint's own reference point counts
    (code). The poses that the errors come from are further rows of
    ``keypoints``, which :class:`PoseRefineDataset` has appended, so that every
    geometric transform of mmpose moves them with the person; here they are
    removed.

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
            ``'*'`` for all groups not named, that are removed afterwards,
            for estimators that leave joints out. Defaults to none.
        seed (int, optional): Makes the errors of a sample depend on this and
            the sample's ``id`` only, for validation. Defaults to None: new
            errors at every visit.

    .. _`PoseFix`: https://arxiv.org/abs/1812.03595
    """

    table: dict[str, list[dict]] | None = None
    joint_groups: dict[str, Sequence[str]] | None = None
    _: KW_ONLY
    absent_keypoints: Sequence[str] = ()
    radius_quantiles: dict[str, Sequence[float]] | None = None
    absent_probs: dict[str, float] | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        self.absent_keypoints = tuple(self.absent_keypoints)
        self._synthesizers: dict[tuple, ErrorSynthesizer] = {}
        self._rng: np.random.Generator | None = None
        self._pid = -1

    def build_probabilities(self, names: Sequence[str]) -> np.ndarray:
        """Expand the table for a skeleton; see :func:`build_table`."""
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
        """Synthesize the input pose of one person."""
        keypoints = results['transformed_keypoints']
        size = results['input_size']
        known = results['keypoints_visible'] > 0
        num_near = results.get('num_near', len(keypoints) - 1)
        if results.get('has_misplaced'):
            order = self._misplaced_rows(results)
            keypoints, known = keypoints[order], known[order]
            if not known[0].any():  # dropped: nobody else's pose either
                known[:] = False
        absent = self._absent(list(results['keypoint_names']))
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
                    persons: int) -> tuple[np.ndarray, np.ndarray]:
        """Places, (1, K, 2), of joints that are not annotated in this crop.

        The estimate's, else the annotated one, on whichever side of the border
        (code); and whether there is any, bool (1, K).
        """
        places, exist = keypoints[:1], known[:1]
        if len(keypoints) > persons:
            estimated = known[persons:persons + 1]
            places = np.where(estimated[..., None],
                              keypoints[persons:persons + 1], places)
            exist = exist | estimated
        return places, exist

    @staticmethod
    def _misplaced_rows(results: dict) -> list[int]:
        """Rows with the misplaced person and estimate in the true places."""
        num_near = results['num_near']
        num_estimates = (len(results['keypoints']) - 2 - num_near) // 2
        first = 1 + num_near + num_estimates
        return [first, *range(1, 1 + num_near),
                *range(first + 1, first + 1 + num_estimates)]

    def _absent_probabilities(self, names: Sequence[str]) -> np.ndarray:
        """Share of each keypoint that is removed, (K, )."""
        others = self.absent_probs.get('*', 0.)
        return np.array([
            self.absent_probs.get(group, others)
            for group in group_of_keypoints(names, self.joint_groups)
        ])

    def _absent(self, names: list[str]) -> list[int]:
        """Indices of keypoints that are never shown."""
        unknown = set(self.absent_keypoints) - set(names)
        if unknown:
            raise ValueError(f'absent_keypoints {sorted(unknown)} are not '
                             f'keypoints of the data set, which has {names}')
        return [names.index(name) for name in self.absent_keypoints]


@TRANSFORMS.register_module()
@dataclass(eq=False)
class SynthesizeKeypointScores(BaseTransform):
    """Weigh the input pose by synthetic scores, and add guesses.

    Estimators predict every keypoint, including those they cannot see, with
    scores that are higher for better keypoints on average, on a scale of
    their own. Scores that behave like that teach a refiner to heed them. Not
    part of the paper. Comes after :class:`SynthesizePoseError`.

    Required Keys:

        - input_pose: input pixels, (1, K, 2)
        - input_pose_visible: (1, K)
        - transformed_keypoints, keypoints_visible: what is annotated,
          (1, K, 2) and (1, K)
        - input_size, bbox, bbox_scale, sigmas
        - has_input_pose (optional): Whether the input pose is a real one,
          which stays as it is.

    Modified Keys:

        - input_pose, input_pose_visible: with guesses, and the scores in the
          place of ones

    Args:
        no_scores_prob (float): Share of the poses without scores: all 1, and
            no guesses. Defaults to 0.3.
        guess_prob (float): Share of the others in which absent keypoints are
            guessed. Defaults to 0.6.
    """

    no_scores_prob: float = 0.3
    guess_prob: float = 0.6

    def transform(self, results: dict) -> dict:
        """Add scores and guesses."""
        random = np.random
        # real poses have scores of their own
        if results.get('has_input_pose') \
                or random.rand() < self.no_scores_prob:
            return results
        pose = results['input_pose'][0]
        present = results['input_pose_visible'][0] > 0
        level = random.uniform(0, 2.5)  # of this estimator
        telling = random.uniform(.8, 3)
        quality = self._similarity(results, pose)
        logits = level + telling * (2 * quality - 1) + random.normal(
            0, .7, len(pose))
        scores = present / (1 + np.exp(-logits))
        if present.any() and random.rand() < self.guess_prob:
            absent = np.flatnonzero(~present)
            near = random.choice(np.flatnonzero(present), len(absent))
            extent = np.ptp(pose[present], axis=0).max()
            size = np.array(results['input_size'])
            guess = pose[near] + random.normal(0, .2, (len(absent), 2)) * max(
                extent, size.max() / 10)
            # pictures end where estimators stop looking
            pose[absent] = np.clip(guess, 0, size - 1)
            scores[absent] = random.beta(1.5, 6, len(absent))
        results['input_pose_visible'] = shown_weights(scores, scores)[None]
        return results

    @staticmethod
    def _similarity(results: dict, pose: np.ndarray) -> np.ndarray:
        """KS of the input to what is annotated, 0.3 where nothing is."""
        distance = ((pose - results['transformed_keypoints'][0])**2).sum(-1)
        similarity = np.exp(-distance / ks_scales(results))
        return np.where(results['keypoints_visible'][0] > 0, similarity, .3)
