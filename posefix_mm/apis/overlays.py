"""Pictures of input and refined poses side by side."""
from collections import Counter
from pathlib import Path
from typing import Dict, Sequence, Union

import cv2
import mmcv
import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

from .image_poses_dataset import ImagePoses


def write_overlays(show_dir: Union[str, Path], images: Sequence[ImagePoses],
                   refined: Dict[int, np.ndarray], metainfo: dict) -> None:
    """Draw each image twice: with the input and with the refined poses.

    Args:
        show_dir (str | Path): Folder for the pictures; it is made.
        images (Sequence[ImagePoses]): Images and poses.
        refined (Dict[int, np.ndarray]): Refined keypoints in image pixels,
            (K, 2), by position of the record; missing where not refined.
        metainfo (dict): Skeleton.
    """
    show_dir = Path(show_dir)
    show_dir.mkdir(parents=True, exist_ok=True)
    visualizer = PoseLocalVisualizer(line_width=2, radius=3)
    visualizer.set_dataset_meta(metainfo)
    stems = Counter()  # images of different folders may share a name
    for path, records in images:
        image = mmcv.imread(path, channel_order='rgb')
        if image is None or not records:
            continue
        visible = np.stack([r.visible for r in records])
        before = np.stack([r.keypoints for r in records])
        after = np.stack(
            [refined.get(r.index, r.keypoints) for r in records])
        panels = [
            _draw(visualizer, image, poses, visible, title)
            for poses, title in ((before, 'input'), (after, 'refined'))
        ]
        stem = Path(path).stem
        number = f'_{stems[stem] + 1}' if stems[stem] else ''
        stems[stem] += 1
        target = show_dir / f'{stem}{number}.jpg'
        mmcv.imwrite(np.hstack(panels)[..., ::-1], str(target))


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
