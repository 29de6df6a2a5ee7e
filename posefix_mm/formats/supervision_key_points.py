"""Poses of the supervision library, and through it of many others."""
from typing import Any

import numpy as np

from .._compat import import_optional


def from_supervision(key_points: Any) -> tuple[np.ndarray, np.ndarray]:
    """Copy the poses of one image out of a ``supervision.KeyPoints``.

    Results of ultralytics, MediaPipe, transformers, detectron2, YOLO-NAS and
    inference come in by its ``from_*`` methods. A joint at 0, 0 is absent, as
    these methods write it.

    Returns:
        tuple: Keypoints in image pixels, float32 (N, J, 2), and their scores,
        float32 (N, J), 1 where none are given; zeros where absent.

    Raises:
        TypeError: If it has no poses as ``KeyPoints`` has.
    """
    xy = getattr(key_points, 'xy', None)
    if xy is None:
        raise TypeError('a supervision.KeyPoints is needed, got a '
                        f'{type(key_points).__name__}')
    keypoints = np.array(xy, np.float32)
    if keypoints.size == 0:
        keypoints = np.zeros((0, 0, 2), np.float32)
    scores = getattr(key_points, 'keypoint_confidence', None)
    shape = keypoints.shape[:2]
    scores = np.ones(shape, np.float32) if scores is None \
        else np.array(scores, np.float32).reshape(shape)
    absent = (keypoints == 0).all(-1) | ~np.isfinite(keypoints).all(-1)
    keypoints[absent], scores[absent] = 0, 0
    return keypoints, scores


def to_supervision(keypoints: np.ndarray, keypoint_scores: np.ndarray, *,
                   template: Any = None) -> Any:
    """Make a ``supervision.KeyPoints`` of the poses of one image.

    Args:
        keypoints (np.ndarray): Image pixels, (N, J, 2).
        keypoint_scores (np.ndarray): (N, J).
        template (supervision.KeyPoints, optional): What the poses were
            copied from; its classes and data are kept.

    Raises:
        ImportError: If supervision is not installed.
        ValueError: If the shapes do not fit each other or ``template``.
    """
    supervision = import_optional('supervision', 'formats')
    keypoints = np.asarray(keypoints, np.float32)
    scores = np.asarray(keypoint_scores, np.float32)
    if keypoints.ndim != 3 or keypoints.shape[2:] != (2, ) \
            or scores.shape != keypoints.shape[:2]:
        raise ValueError('keypoints (N, J, 2) and keypoint_scores (N, J) are '
                         f'needed, got {keypoints.shape} and {scores.shape}')
    if template is None:
        return supervision.KeyPoints(keypoints, keypoint_confidence=scores)
    if len(template) != len(keypoints):
        raise ValueError(f'the template has {len(template)} poses, '
                         f'got {len(keypoints)}')
    return supervision.KeyPoints(
        keypoints,
        class_id=template.class_id,
        keypoint_confidence=scores,
        detection_confidence=template.detection_confidence,
        visible=template.visible,
        data=dict(template.data))
