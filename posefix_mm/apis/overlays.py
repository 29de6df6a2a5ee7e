"""Pictures of input and refined poses side by side."""
from collections import Counter
from pathlib import Path
from typing import Iterable, NamedTuple, Union

import cv2
import mmcv
import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer


class RefinedImage(NamedTuple):
    """An image and its poses before and after refinement.

    Note:
        - poses: N
        - keypoints: K

    Attributes:
        name (str): Name of the picture, without a suffix.
        image (np.ndarray): BGR, uint8 (H, W, 3).
        before (np.ndarray): Image pixels, (N, K, 2).
        after (np.ndarray): Image pixels, (N, K, 2).
        visible (np.ndarray): Whether a keypoint is present, bool (N, K).
    """

    name: str
    image: np.ndarray
    before: np.ndarray
    after: np.ndarray
    visible: np.ndarray


def write_overlays(show_dir: Union[str, Path], images: Iterable[RefinedImage],
                   metainfo: dict) -> None:
    """Draw each image twice: with the input and with the refined poses.

    Args:
        show_dir (str | Path): Folder for the pictures; it is made.
        images (Iterable[RefinedImage]): Images and poses.
        metainfo (dict): Skeleton.
    """
    show_dir = Path(show_dir)
    show_dir.mkdir(parents=True, exist_ok=True)
    visualizer = PoseLocalVisualizer(line_width=2, radius=3)
    visualizer.set_dataset_meta(metainfo)
    used = Counter()
    for shown in images:
        name = _unused_name(shown.name, used)
        picture = side_by_side(visualizer, shown)
        mmcv.imwrite(picture, str(show_dir / f'{name}.jpg'))


def _unused_name(name: str, used: Counter) -> str:
    """Number a name where images of different folders share it."""
    unique, number = name, used[name]
    while used[unique]:
        number += 1
        unique = f'{name}_{number}'
    used[unique] = 1
    used[name] = max(number, 1)  # where to go on
    return unique


def side_by_side(visualizer: PoseLocalVisualizer,
                 shown: RefinedImage) -> np.ndarray:
    """Draw an image twice, the input poses on the left.

    Args:
        visualizer (PoseLocalVisualizer): Draws; it knows the skeleton.
        shown (RefinedImage): Image and poses.

    Returns:
        np.ndarray: BGR, uint8 (H, 2 * W, 3).
    """
    image = np.ascontiguousarray(shown.image[..., ::-1])
    panels = [
        _draw(visualizer, image, poses, shown.visible, title)
        for poses, title in ((shown.before, 'input'),
                             (shown.after, 'refined'))
    ]
    return np.hstack(panels)[..., ::-1]


def _draw(visualizer: PoseLocalVisualizer, image: np.ndarray,
          keypoints: np.ndarray, visible: np.ndarray,
          title: str) -> np.ndarray:
    """Draw poses (N, K, 2) on an RGB image and write a title on it."""
    sample = PoseDataSample(
        pred_instances=InstanceData(
            keypoints=keypoints,
            keypoint_scores=visible.astype(np.float32),
            keypoints_visible=visible.astype(np.float32)))
    picture = visualizer.add_datasample(
        title, image, sample, draw_gt=False, draw_bbox=False, kpt_thr=0.)
    picture = np.ascontiguousarray(picture)
    for color, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, title, (5, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5,
                    color, width, cv2.LINE_AA)
    return picture
