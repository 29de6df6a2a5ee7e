"""Pack samples of a refiner."""
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS


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
        - ks_scales (optional): (1, K), see :class:`SynthesizePoseError`
    """

    instance_mapping_table = dict(
        PackPoseInputs.instance_mapping_table,
        input_keypoints='input_keypoints',
        input_keypoint_scores='input_keypoint_scores')

    def transform(self, results: dict) -> dict:
        """Pack one sample.

        Args:
            results (dict): Result dict.

        Returns:
            dict: ``inputs`` and ``data_samples``.
        """
        # the codec brings its own table, without the keys of the input pose
        results['label_mapping_table'] = dict(
            results.get('label_mapping_table', self.label_mapping_table),
            input_pose='input_pose',
            input_pose_visible='input_pose_visible')
        if 'ks_scales' in results:
            results['label_mapping_table']['ks_scales'] = 'ks_scales'
        return super().transform(results)
