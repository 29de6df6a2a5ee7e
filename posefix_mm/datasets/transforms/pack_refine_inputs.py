"""Pack samples of a refiner."""
import numpy as np
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS

from ...structures.boxes import BOX_TO_AREA, input_box_area


def ks_scales(results: dict) -> np.ndarray:
    """What squared distances are divided by in the exponent of the KS.

    Args:
        results (dict): A cropped sample with ``sigmas``, ``bbox``,
            ``bbox_scale`` and ``input_size``, and ``person_bbox`` where the
            box is another one.

    Returns:
        np.ndarray: Squared input pixels, (K, ).
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
