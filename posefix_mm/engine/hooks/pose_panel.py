"""One picture of several crops, each with several poses side by side."""
from typing import List, NamedTuple, Optional, Sequence

import cv2
import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

_HEADER = 22


class CropPoses(NamedTuple):
    """A crop and the poses that are shown on it.

    Attributes:
        image (np.ndarray): RGB, uint8 (h, w, 3).
        poses (List[np.ndarray | None]): Input pixels, (K, 2) each; None
            leaves the crop empty.
        visible (List[np.ndarray | None]): Whether present, (K, ) each.
    """

    image: np.ndarray
    poses: List[Optional[np.ndarray]]
    visible: List[Optional[np.ndarray]]


def pose_panel(crops: Sequence[CropPoses], titles: Sequence[str],
               metainfo: dict, height: int) -> np.ndarray:
    """Draw crops below each other, their poses side by side.

    Args:
        crops (Sequence[CropPoses]): At least one; all of one size and with
            as many poses as there are titles.
        titles (Sequence[str]): Written above the columns.
        metainfo (dict): Skeleton.
        height (int): Of each crop in the picture, in pixels.

    Returns:
        np.ndarray: RGB, uint8 (H, W, 3).
    """
    visualizer = PoseLocalVisualizer(line_width=2, radius=3)
    visualizer.set_dataset_meta(metainfo)
    rows = []
    for crop in crops:
        scale = height / crop.image.shape[0]
        image = cv2.resize(
            np.ascontiguousarray(crop.image), None, fx=scale, fy=scale)
        rows.append(
            np.hstack([
                image if pose is None else _draw(visualizer, image,
                                                 (pose + .5) * scale -
                                                 .5, there)
                for pose, there in zip(crop.poses, crop.visible, strict=True)
            ]))
    header = np.full((_HEADER, rows[0].shape[1], 3), 255, np.uint8)
    width = rows[0].shape[1] // len(titles)
    for column, title in enumerate(titles):
        cv2.putText(header, title, (column * width + 4, _HEADER - 7),
                    cv2.FONT_HERSHEY_SIMPLEX, .45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([header, *rows])


def _draw(visualizer: PoseLocalVisualizer, image: np.ndarray,
          keypoints: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Draw one pose (K, 2) on an RGB image."""
    shown = np.asarray(visible, np.float32)[None]
    sample = PoseDataSample(
        pred_instances=InstanceData(
            keypoints=keypoints[None],
            keypoint_scores=shown,
            keypoints_visible=shown))
    return visualizer.add_datasample(
        'pose', image, sample, draw_gt=False, draw_bbox=False, kpt_thr=.01)
