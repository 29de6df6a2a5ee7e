"""Take the pose to be refined from the sample itself."""
from typing import Optional

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

# A keypoint that is present is never shown more weakly than this.
_FAINTEST = 0.02


def shown_weights(visible: np.ndarray,
                  scores: Optional[np.ndarray] = None) -> np.ndarray:
    """Tell how strongly each keypoint is shown to the refiner.

    Args:
        visible (np.ndarray): Above 0 where present, (..., K).
        scores (np.ndarray, optional): Keypoint scores, (..., K), by which
            they are weighed. Defaults to None: all alike.

    Returns:
        np.ndarray: float32 (..., K), 0 where absent.
    """
    present = (np.asarray(visible) > 0).astype(np.float32)
    if scores is None:
        return present
    return present * np.clip(scores, _FAINTEST, 1).astype(np.float32)


@TRANSFORMS.register_module()
class GetInputPose(BaseTransform):
    """Use the cropped keypoints of a sample as its ``input_pose``.

    For samples of :class:`PoseResultsDataset`, whose keypoints are estimates.

    Args:
        weigh_scores (bool): Show each keypoint as strongly as its score, so
            that the refiner can tell guesses from sure places. Defaults to
            False: all alike.

    Required Keys:

        - keypoints: image pixels, (1, K, 2)
        - transformed_keypoints: input pixels, (1, K, 2)
        - keypoints_visible: (1, K), 0 where absent
        - keypoint_scores: (1, K)

    Added Keys:

        - input_pose: input pixels, float32 (1, K, 2)
        - input_pose_visible: float32 (1, K), 0 where absent, else 1 or the
          score
        - input_keypoints: image pixels, (1, K, 2), as they came
        - input_keypoint_scores: (1, K), as they came
    """

    def __init__(self, weigh_scores: bool = False) -> None:
        super().__init__()
        self.weigh_scores = weigh_scores

    def transform(self, results: dict) -> dict:
        """Add the input pose.

        Args:
            results (dict): Result dict.

        Returns:
            dict: Result dict with the keys above.

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
        visible, scores = (
            results['keypoints_visible'], results['keypoint_scores'])
        results['input_pose_visible'] = shown_weights(
            visible, scores if self.weigh_scores else None)
        results['input_keypoints'] = results['keypoints']
        results['input_keypoint_scores'] = results['keypoint_scores']
        return results

    def __repr__(self) -> str:
        """Show the parameters."""
        return f'{type(self).__name__}(weigh_scores={self.weigh_scores})'
