"""Scores as estimators give them to their keypoints."""
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from .get_input_pose import shown_weights
from .pack_refine_inputs import ks_scales
from .parameters_repr import ParametersRepr


@TRANSFORMS.register_module()
class SynthesizeKeypointScores(ParametersRepr, BaseTransform):
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

    def __init__(self,
                 no_scores_prob: float = 0.3,
                 guess_prob: float = 0.6) -> None:
        super().__init__()
        self.no_scores_prob = no_scores_prob
        self.guess_prob = guess_prob

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
