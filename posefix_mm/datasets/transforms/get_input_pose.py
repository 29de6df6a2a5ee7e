"""The pose to be refined is the sample's own."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from .parameters_repr import ParametersRepr

# A keypoint that is present never weighs less than this.
_LEAST_WEIGHT = 0.02


def shown_weights(visible: np.ndarray,
                  scores: np.ndarray | None = None) -> np.ndarray:
    """Compute the weight of each keypoint in the input pose.

    Args:
        visible (np.ndarray): Above 0 where present, (..., K).
        scores (np.ndarray, optional): Keypoint scores, (..., K), that become
            the weights. Defaults to None: weights of 1.

    Returns:
        np.ndarray: float32 (..., K), 0 where absent.
    """
    present = (np.asarray(visible) > 0).astype(np.float32)
    if scores is None:
        return present
    return present * np.clip(scores, _LEAST_WEIGHT, 1).astype(np.float32)


@TRANSFORMS.register_module()
class GetInputPose(ParametersRepr, BaseTransform):
    """Use the cropped keypoints of a sample as its ``input_pose``.

    For samples of :class:`PoseResultsDataset`, whose keypoints are estimates.

    Args:
        weigh_scores (bool): Weigh each keypoint by its score, so that the
            refiner can tell guesses from confident predictions. Defaults to
            False: weights of 1.

    Required Keys:

        - keypoints: image pixels, (1, K, 2)
        - transformed_keypoints: input pixels, (1, K, 2)
        - keypoints_visible: (1, K), 0 where absent
        - keypoint_scores: (1, K)

    Added Keys:

        - input_pose: input pixels, float32 (1, K, 2)
        - input_pose_visible: float32 (1, K), 0 where absent, else 1 or the
          score
        - input_keypoints: ``keypoints``, image pixels, (1, K, 2)
        - input_keypoint_scores: ``keypoint_scores``, (1, K)
    """

    def __init__(self, weigh_scores: bool = False) -> None:
        super().__init__()
        self.weigh_scores = weigh_scores

    def transform(self, results: dict) -> dict:
        """Add the input pose.

        Raises:
            ValueError: If there is no pose: an estimator's tool was given a
                refiner.
        """
        if 'keypoints' not in results:
            raise ValueError(
                'a refiner refines poses and was given an image alone: use '
                'posefix_mm.refine(image, keypoints) with the poses of an '
                'estimator, or PoseRefineInferencer or `posefix predict` to '
                'have people found and estimated first')
        results['input_pose'] = results['transformed_keypoints'].astype(
            np.float32)
        scores = results['keypoint_scores']
        results['input_pose_visible'] = shown_weights(
            results['keypoints_visible'],
            scores if self.weigh_scores else None)
        results['input_keypoints'] = results['keypoints']
        results['input_keypoint_scores'] = scores
        return results
