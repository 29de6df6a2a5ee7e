"""Crop all poses of an image."""
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

import cv2
import numpy as np
from mmengine.dataset import Compose
from mmpose.datasets.transforms import (
    GetBBoxCenterScale,
    LoadImage,
    TopdownAffine,
)
from mmpose.structures.bbox import (
    bbox_xyxy2cs,
    get_udp_warp_matrix,
    get_warp_matrix,
)

from ..datasets import PoseResultsDataset
from ..datasets.transforms import GetInputPose, PackRefineInputs
from ..structures.boxes import pose_to_bbox, shown_keypoints, shown_weights
from ..structures.pose_records import PoseArrays, PoseRecord

# The pipeline of all of this package's configs, behind LoadImage.
_STANDARD = (GetBBoxCenterScale, TopdownAffine, GetInputPose, PackRefineInputs)
#: What a crop can be made by.
CROP_BY = ('pose', 'bbox', 'both')


class Crops(NamedTuple):
    """What the network needs of some poses.

    Note:
        - poses: N
        - keypoints: K
        - input size: [w, h]

    Attributes:
        images (np.ndarray): BGR, uint8 (N, h, w, 3).
        input_pose (np.ndarray): Input pixels, float32 (N, K, 2).
        input_pose_visible (np.ndarray): Above 0 where present, float32
            (N, K).
        centers (np.ndarray): Centre of the crop in image pixels, float32
            (N, 2).
        scales (np.ndarray): Width and height of the crop in image pixels,
            float32 (N, 2).
    """

    images: np.ndarray
    input_pose: np.ndarray
    input_pose_visible: np.ndarray
    centers: np.ndarray
    scales: np.ndarray

    def __len__(self) -> int:
        """Count the poses."""
        return len(self.images)

    @property
    def areas(self) -> np.ndarray:
        """Areas of the crops in squared image pixels, float32 (N, )."""
        return self.scales.prod(-1)

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Map points of the crops to the image, pixels, (N, K, 2)."""
        # operations in the order of mmpose's top-down estimators give the
        # same results to the last digit
        input_size = self.images.shape[2], self.images.shape[1]
        scales, centers = self.scales[:, None], self.centers[:, None]
        return points / input_size * scales + centers - 0.5 * scales

    def take(self, part: slice) -> 'Crops':
        """Take some of the poses; nothing is copied."""
        return Crops(*(array[part] for array in self))

    @classmethod
    def concatenate(cls, parts: Sequence['Crops']) -> 'Crops':
        """Join poses of several images."""
        if len(parts) == 1:
            return parts[0]
        return cls(*map(np.concatenate, zip(*parts, strict=True)))


@dataclass(eq=False)
class Cropper:
    """Crop as the pipeline of a refiner does, all poses of an image at once.

    The same as ``GetBBoxCenterScale``, ``TopdownAffine`` and ``GetInputPose``
    after the other, pixel by pixel.

    Args:
        input_size (tuple[int, int]): [w, h].
        padding (float): Factor from a box to its crop.
        expand (float): Factor from the extent of a pose to its box.
        keypoint_score_thr (float): Keypoints with a lower score count as
            absent, unless all of a pose have one.
        use_udp (bool): As in ``TopdownAffine``.
        weigh_scores (bool): As in ``GetInputPose``.
        annotated (np.ndarray, optional): Which keypoints the data set
            annotates, bool (K, ); the others are absent. Defaults to all.
        crop_by (str): One of :data:`CROP_BY`: the extent of the pose, the
            box that came with it, or what holds both; the extent wherever
            there is no box. Defaults to ``'pose'``, as in the release.

    Raises:
        ValueError: If ``crop_by`` is none of them.
    """

    input_size: tuple[int, int]
    _: KW_ONLY
    padding: float = 1.25
    expand: float = 1.2
    keypoint_score_thr: float = 0.
    use_udp: bool = False
    weigh_scores: bool = False
    annotated: bool | np.ndarray = True
    crop_by: str = 'pose'

    def __post_init__(self) -> None:
        if self.crop_by not in CROP_BY:
            raise ValueError(
                f'crop_by must be one of {CROP_BY}, got {self.crop_by!r}')
        self.input_size = tuple(self.input_size)
        self._warp_matrix: Callable = (
            get_udp_warp_matrix if self.use_udp else get_warp_matrix)

    def __call__(self, image: np.ndarray, poses: PoseArrays) -> Crops:
        """Crop the N poses of an image, BGR, uint8 (H, W, 3)."""
        visible = self.sure(poses)
        centers, scales = self.frame(poses)
        width, height = self.input_size
        images = np.empty((len(scales), height, width, 3), np.uint8)
        input_pose = np.empty_like(poses.keypoints)
        for i, (center, scale) in enumerate(zip(centers, scales, strict=True)):
            matrix = self._warp_matrix(
                center, scale, 0., output_size=self.input_size)
            cv2.warpAffine(
                image,
                matrix,
                self.input_size,
                dst=images[i],
                flags=cv2.INTER_LINEAR)
            cv2.transform(
                poses.keypoints[i:i + 1], matrix, dst=input_pose[i:i + 1])
        weights = shown_weights(
            visible, poses.keypoint_scores if self.weigh_scores else None)
        return Crops(images, input_pose, weights, centers, scales)

    def frame(self, poses: PoseArrays) -> tuple[np.ndarray, np.ndarray]:
        """Compute what is cropped: centres and sizes, image pixels, (N, 2)."""
        centers, scales = bbox_xyxy2cs(
            self._boxes(poses, self.sure(poses)), padding=self.padding)
        width, height = self.input_size
        return centers, TopdownAffine._fix_aspect_ratio(scales, width / height)

    def _boxes(self, poses: PoseArrays, visible: np.ndarray) -> np.ndarray:
        """Boxes that are cropped, before padding, (N, 4)."""
        boxes = pose_to_bbox(poses.keypoints, visible, expand=self.expand)
        if self.crop_by == 'pose' or poses.boxes is None:
            return boxes
        own = poses.boxes
        if self.crop_by == 'both':
            own = np.concatenate((np.minimum(own[:, :2], boxes[:, :2]),
                                  np.maximum(own[:, 2:], boxes[:, 2:])), 1)
        return np.where(np.isfinite(own).all(1, keepdims=True), own, boxes)

    def sure(self, poses: PoseArrays) -> np.ndarray:
        """Choose which keypoints count as present, bool (N, K)."""
        return shown_keypoints(
            poses.visible,
            poses.keypoint_scores,
            score_thr=self.keypoint_score_thr,
            annotated=self.annotated)


class PipelineCropper:
    """Crop by the transforms of a test pipeline that :class:`Cropper` lacks.

    ``dataset`` is that of a refiner; it need not be initialised.

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


def build_cropper(dataset: PoseResultsDataset, crop_by: str = 'pose'
                  ) -> Cropper | PipelineCropper:
    """Choose the fastest way to crop as a refiner's test dataset does.

    A :class:`Cropper` wherever the pipeline is that of this package's
    configs.

    Raises:
        ValueError: If the pipeline does not start with ``LoadImage``, or
            ``crop_by`` is not for it.
    """
    load, *transforms = dataset.pipeline.transforms
    plain = (type(load) is LoadImage and not load.to_float32
             and load.color_type == 'color')
    if not plain or tuple(map(type, transforms)) != _STANDARD:
        if crop_by != 'pose':
            raise ValueError("this config's pipeline makes its own crop: "
                             "crop_by can only be 'pose'")
        return PipelineCropper(dataset)
    box, affine, input_pose = transforms[:3]
    return Cropper(
        affine.input_size,
        padding=box.padding,
        expand=dataset.expand,
        keypoint_score_thr=dataset.keypoint_score_thr,
        use_udp=affine.use_udp,
        weigh_scores=input_pose.weigh_scores,
        annotated=dataset.annotated,
        crop_by=crop_by)
