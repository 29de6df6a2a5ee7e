"""Boxes around poses, and which keypoints make and show them."""
from typing import Any

import numpy as np

#: Share of a person's box that the person covers, on average over COCO: what
#: stands for the area where only a box is known, as in CrowdPose's evaluation.
BOX_TO_AREA = 0.53
# A keypoint that is present never weighs less than this.
_LEAST_WEIGHT = 0.02


def pairwise_iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU of boxes (x1, y1, x2, y2), (N, 4) and (M, 4), as (N, M).

    0 where both boxes are empty.
    """
    corner1 = np.maximum(boxes[:, None, :2], others[None, :, :2])
    corner2 = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    overlap = (corner2 - corner1).clip(0).prod(-1)
    area, other_area = ((b[:, 2:] - b[:, :2]).clip(0).prod(-1)
                        for b in (boxes, others))
    union = area[:, None] + other_area[None] - overlap
    return overlap / np.maximum(union, np.finfo(np.float64).tiny)


def pose_extent(keypoints: np.ndarray,
                visible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest x and y of poses, (N, 2) each.

    Of the keypoints (N, K, 2) that are above 0 in ``visible`` (N, K); the
    origin for poses without any.
    """
    present = (np.asarray(visible) > 0)[..., None]
    low = np.where(present, keypoints, np.inf).min(1)
    high = np.where(present, keypoints, -np.inf).max(1)
    none = ~present.any(1)
    return np.where(none, 0, low), np.where(none, 0, high)


def pose_to_bbox(keypoints: np.ndarray, visible: np.ndarray, *,
                 expand: float = 1.2, min_size: float = 20.) -> np.ndarray:
    """Box of a pose to be refined (section 8 of the release's test code).

    The extent of the present keypoints, each side expanded about its centre; a
    side of no extent becomes ``min_size`` pixels first.

    Args:
        keypoints (np.ndarray): Image pixels, (N, K, 2).
        visible (np.ndarray): Above 0 where present, (N, K). A pose without any
            has a box of ``min_size`` at the origin.
        expand (float): Factor of both sides.
        min_size (float): Pixels.

    Returns:
        np.ndarray: Boxes (x1, y1, x2, y2), float32 (N, 4).
    """
    low, high = pose_extent(keypoints, visible)
    centre, size = (low + high) / 2, high - low
    half = np.where(size == 0, min_size, size) * expand / 2
    return np.concatenate((centre - half, centre + half),
                          -1).astype(np.float32)


def shown_keypoints(visible: np.ndarray, keypoint_scores: np.ndarray, *,
                    score_thr: float = 0.,
                    annotated: bool | np.ndarray = True) -> np.ndarray:
    """Choose which keypoints of poses to be refined count as present.

    These show in the input pose and make the pose's box.

    Args:
        visible (np.ndarray): Which keypoints the poses have, bool (N, K).
        keypoint_scores (np.ndarray): (N, K).
        score_thr (float): Keypoints with a lower score are absent, unless all
            of a pose have one.
        annotated (bool | np.ndarray): Which keypoints the data set annotates,
            bool (K, ); the others are absent, unless a pose has nothing else.

    Returns:
        np.ndarray: bool (N, K).
    """
    for condition in (annotated, keypoint_scores >= score_thr):
        left = visible & condition
        visible = np.where(left.any(-1, keepdims=True), left, visible)
    return visible


def shown_weights(visible: np.ndarray,
                  scores: np.ndarray | None = None) -> np.ndarray:
    """Weight of each keypoint in the input pose, float32 (..., K).

    0 where ``visible`` is not above 0, else 1, or the score where there are
    scores.
    """
    present = (np.asarray(visible) > 0).astype(np.float32)
    if scores is None:
        return present
    return present * np.clip(scores, _LEAST_WEIGHT, 1).astype(np.float32)


def input_box_area(results: dict, key: str = 'bbox') -> float:
    """Area of a cropped sample's box, in squared input pixels.

    ``results`` has the box under ``key``, ``bbox_scale`` and ``input_size``.
    """
    x1, y1, x2, y2 = results[key][0].tolist()
    scale = results['input_size'][0] / float(results['bbox_scale'][0, 0])
    return (x2 - x1) * (y2 - y1) * scale**2


def xywh_to_xyxy(box: Any) -> np.ndarray:
    """Read a box as COCO has it: x, y, width and height.

    Returns (x1, y1, x2, y2), float32 (4, ), or NaN for anything that is no box
    with an area.
    """
    try:
        x, y, width, height = map(float, box)
    except (TypeError, ValueError, OverflowError):
        x = y = width = height = np.nan
    if not (width > 0 and height > 0 and np.isfinite(x + y + width + height)):
        return np.full(4, np.nan, np.float32)
    return np.array([x, y, x + width, y + height], np.float32)
