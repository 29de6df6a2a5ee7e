"""Cut all poses of one image out of it."""
from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from mmpose.datasets.transforms import TopdownAffine
from mmpose.structures.bbox import (
    bbox_xyxy2cs,
    get_udp_warp_matrix,
    get_warp_matrix,
)

from ..datasets.transforms.get_input_pose import shown_weights
from ..structures.boxes import pose_to_bbox, shown_keypoints
from ..structures.pose_records import PoseArrays

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
        """Map points of the crops to the image.

        The order of the operations is that of mmpose's top-down estimators,
        so that the results are the same to the last digit.

        Args:
            points (np.ndarray): Input pixels, (N, K, 2).

        Returns:
            np.ndarray: Image pixels, (N, K, 2).
        """
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


class Cropper:
    """Crop as the pipeline of a refiner does, all poses of an image at once.

    The same as ``GetBBoxCenterScale``, ``TopdownAffine`` and ``GetInputPose``
    after the other, pixel by pixel.

    Args:
        input_size (Tuple[int, int]): [w, h].
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

    def __init__(self,
                 input_size: tuple[int, int],
                 *,
                 padding: float = 1.25,
                 expand: float = 1.2,
                 keypoint_score_thr: float = 0.,
                 use_udp: bool = False,
                 weigh_scores: bool = False,
                 annotated: bool | np.ndarray = True,
                 crop_by: str = 'pose') -> None:
        if crop_by not in CROP_BY:
            raise ValueError(
                f'crop_by must be one of {CROP_BY}, got {crop_by!r}')
        self.input_size = tuple(input_size)
        self.padding = padding
        self.expand = expand
        self.keypoint_score_thr = keypoint_score_thr
        self.weigh_scores = weigh_scores
        self.annotated = annotated
        self.crop_by = crop_by
        self._warp_matrix: Callable = (
            get_udp_warp_matrix if use_udp else get_warp_matrix)

    def __call__(self, image: np.ndarray, poses: PoseArrays) -> Crops:
        """Crop.

        Args:
            image (np.ndarray): BGR, uint8 (H, W, 3).
            poses (PoseArrays): N poses.

        Returns:
            Crops: N crops.
        """
        visible = self.sure(poses)
        boxes = self._boxes(poses, visible)
        centers, scales = bbox_xyxy2cs(boxes, padding=self.padding)
        width, height = self.input_size
        scales = TopdownAffine._fix_aspect_ratio(scales, width / height)
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
        """Tell which keypoints are taken for present, bool (N, K)."""
        return shown_keypoints(
            poses.visible,
            poses.keypoint_scores,
            score_thr=self.keypoint_score_thr,
            annotated=self.annotated)
