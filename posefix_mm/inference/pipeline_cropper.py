"""Crop by a pipeline of any transforms, one pose at a time."""
import numpy as np
from mmengine.dataset import Compose
from mmpose.datasets.transforms import (
    GetBBoxCenterScale,
    LoadImage,
    TopdownAffine,
)

from ..datasets import PoseResultsDataset
from ..datasets.transforms import GetInputPose, PackRefineInputs
from ..structures.pose_records import PoseArrays, PoseRecord
from .crops import Cropper, Crops

# The pipeline of all of this package's configs.
_STANDARD = (GetBBoxCenterScale, TopdownAffine, GetInputPose, PackRefineInputs)


class PipelineCropper:
    """Crop by the transforms of a test pipeline.

    For pipelines that :class:`Cropper` does not know.

    Args:
        dataset (PoseResultsDataset): Test dataset of a refiner; it need not
            be initialised.

    Raises:
        ValueError: If the pipeline does not start with ``LoadImage``.
    """

    def __init__(self, dataset: PoseResultsDataset) -> None:
        self.dataset = dataset
        load, *crop = dataset.pipeline.transforms
        if not isinstance(load, LoadImage):
            raise ValueError('the test pipeline must start with LoadImage, '
                             f'got {type(load).__name__}')
        self._crop = Compose(crop)
        # BaseCocoStyleDataset adds these to what its pipelines start from
        self._skeleton = {
            key: dataset.metainfo[key]
            for key in ('flip_indices', 'dataset_name')
        }

    def __call__(self, image: np.ndarray, poses: PoseArrays) -> Crops:
        """Crop; see :meth:`Cropper.__call__`."""
        samples = [
            self._crop_one(image, PoseRecord(0, None, 0, 1, 1., *pose))
            for pose in zip(*poses[:3], strict=True)
        ]
        labels = [s['data_samples'].gt_instance_labels for s in samples]
        metas = [s['data_samples'].metainfo for s in samples]
        return Crops(
            np.stack(
                [s['inputs'].numpy().transpose(1, 2, 0) for s in samples]),
            np.concatenate([label.input_pose.numpy() for label in labels]),
            np.concatenate(
                [label.input_pose_visible.numpy() for label in labels]),
            np.stack([meta['input_center'] for meta in metas]),
            np.stack([meta['input_scale'] for meta in metas]))

    def _crop_one(self, image: np.ndarray, record: PoseRecord) -> dict:
        return self._crop({
            **self._skeleton,
            **self.dataset.describe(record, ''),
            'img': image,
            'img_shape': image.shape[:2],
            'ori_shape': image.shape[:2],
        })


def build_cropper(dataset: PoseResultsDataset, crop_by: str = 'pose'):
    """Choose the fastest way to crop as a test dataset does.

    Args:
        dataset (PoseResultsDataset): Test dataset of a refiner; it need not
            be initialised.
        crop_by (str): As of :class:`Cropper`. Defaults to ``'pose'``.

    Returns:
        Cropper | PipelineCropper: The first wherever the pipeline is that of
        this package's configs.

    Raises:
        ValueError: If the pipeline does not start with ``LoadImage``, or
            ``crop_by`` is not for it.
    """
    load, *transforms = dataset.pipeline.transforms
    if not _is_plain_load(load) or tuple(map(type, transforms)) != _STANDARD:
        if crop_by != 'pose':
            raise ValueError("this config's pipeline makes its own crop: "
                             "crop_by can only be 'pose'")
        return PipelineCropper(dataset)
    box, affine, take = transforms[:3]
    return Cropper(
        affine.input_size,
        padding=box.padding,
        expand=dataset.expand,
        keypoint_score_thr=dataset.keypoint_score_thr,
        use_udp=affine.use_udp,
        weigh_scores=take.weigh_scores,
        annotated=dataset.annotated,
        crop_by=crop_by)


def _is_plain_load(load: object) -> bool:
    """Whether an image is loaded as this package loads it."""
    return (type(load) is LoadImage and not load.to_float32
            and load.color_type == 'color')
