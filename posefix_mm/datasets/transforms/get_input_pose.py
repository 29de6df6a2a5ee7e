"""Take the pose to be refined from the sample itself."""
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class GetInputPose(BaseTransform):
    """Use the cropped keypoints of a sample as its ``input_pose``.

    For samples of :class:`PoseResultsDataset`, whose keypoints are estimates.

    Required Keys:

        - keypoints: image pixels, (1, K, 2)
        - transformed_keypoints: input pixels, (1, K, 2)
        - keypoints_visible: (1, K), 0 where absent
        - keypoint_scores: (1, K)

    Added Keys:

        - input_pose: input pixels, float32 (1, K, 2)
        - input_pose_visible: float32 (1, K)
        - input_keypoints: image pixels, (1, K, 2), as they came
        - input_keypoint_scores: (1, K), as they came
    """

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
        results['input_pose_visible'] = results['keypoints_visible'].astype(
            np.float32)
        results['input_keypoints'] = results['keypoints']
        results['input_keypoint_scores'] = results['keypoint_scores']
        return results

    def __repr__(self) -> str:
        """Show the name; there are no parameters."""
        return f'{type(self).__name__}()'
