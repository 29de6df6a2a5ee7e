"""The input pose of a sample: how it is weighed, taken and packed."""
from dataclasses import dataclass

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS

from ...structures.boxes import BOX_TO_AREA, input_box_area, shown_weights


@TRANSFORMS.register_module()
@dataclass(eq=False)
class GetInputPose(BaseTransform):
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

    weigh_scores: bool = False

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


@TRANSFORMS.register_module()
@dataclass(eq=False)
class HideInputPose(BaseTransform):
    """Show some samples without their input pose, as crops alone.

    A refiner that often has to do without the pose learns to look at the
    image, and trusts the pose less where that is wrong. Not part of the
    paper. Comes after the pose is made up or taken.

    Required Keys:

        - input_pose_visible: (1, K)

    Modified Keys:

        - input_pose_visible: 0 where the pose is hidden

    Args:
        prob (float): Share of the samples. Defaults to 0.4.
    """

    prob: float = 0.4

    def transform(self, results: dict) -> dict:
        """Hide."""
        if np.random.rand() < self.prob:
            results['input_pose_visible'] = np.zeros_like(
                results['input_pose_visible'])
        return results


def ks_scales(results: dict) -> np.ndarray:
    """What squared distances are divided by in the exponent of the KS.

    In squared input pixels, (K, ), of a cropped sample with ``sigmas``,
    ``bbox``, ``bbox_scale`` and ``input_size``, and ``person_bbox`` where the
    box is another one.
    """
    key = 'person_bbox' if 'person_bbox' in results else 'bbox'
    area = BOX_TO_AREA * input_box_area(results, key)
    return 8 * area * np.square(results['sigmas'])


@TRANSFORMS.register_module()
class PackRefineInputs(PackPoseInputs):
    """Pack as ``PackPoseInputs`` does, and the input pose with it.

    ``input_pose`` and ``input_pose_visible`` go to ``gt_instance_labels``,
    which travel to the model's device; what the input was in image pixels
    goes to ``gt_instances``.

    Required Keys: those of :class:`mmpose.datasets.transforms.PackPoseInputs`
    and

        - input_pose: input pixels, (1, K, 2)
        - input_pose_visible: (1, K)
        - input_keypoints, input_keypoint_scores (optional)
        - sigmas, bbox, bbox_scale, input_size (optional), from which
          ``ks_scales`` (1, K) come, see :func:`ks_scales`
    """

    instance_mapping_table = dict(
        PackPoseInputs.instance_mapping_table,
        input_keypoints='input_keypoints',
        input_keypoint_scores='input_keypoint_scores')

    def transform(self, results: dict) -> dict:
        """Pack one sample into ``inputs`` and ``data_samples``."""
        # the codec brings its own table, without the keys of the input pose
        results['label_mapping_table'] = dict(
            results.get('label_mapping_table', self.label_mapping_table),
            input_pose='input_pose',
            input_pose_visible='input_pose_visible')
        if 'sigmas' in results:
            results['ks_scales'] = ks_scales(results)[None].astype(np.float32)
            results['label_mapping_table']['ks_scales'] = 'ks_scales'
        return super().transform(results)
