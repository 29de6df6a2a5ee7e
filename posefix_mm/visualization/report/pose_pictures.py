"""Pictures of people for a page: a small photo and poses as vectors."""
import base64
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

import cv2
import numpy as np

from ...datasets.transforms.error_synthesis import ERROR_TYPES
from ..figures import crop_photo, pose_segments

# Pictures stand in frames of 4:5; see style.css.
#: Longest side of a picture in pixels.
PICTURE_SIDE = 360
_JPEG_QUALITY = 78


class DrawnPose(NamedTuple):
    """A pose as SVG paths in the pixels of its picture.

    Attributes:
        limbs (str): Path of all limbs.
        joints (List[Tuple[str, str]]): Outcome (a name of ``ERROR_TYPES``, or
            ``'unknown'``) and the path of its joints: strokes of no length,
            which round line caps make dots of.
    """

    limbs: str
    joints: List[Tuple[str, str]]


class PosePicture(NamedTuple):
    """A photo of one person with poses to lay over it.

    Attributes:
        uri (str): The photo as a JPEG ``data:`` URI.
        width (int): In pixels.
        height (int): In pixels.
        poses (List[DrawnPose]): In the order they were given in.
    """

    uri: str
    width: int
    height: int
    poses: List[DrawnPose]


class PictureError(ValueError):
    """A picture cannot be made; the message says why."""


def take_picture(path: Path, poses: Sequence[np.ndarray],
                 visible: Sequence[np.ndarray],
                 status: Sequence[Optional[np.ndarray]],
                 skeleton_links: Sequence[Sequence[int]]) -> PosePicture:
    """Cut a person out of a photo.

    Args:
        path (Path): The photo.
        poses (Sequence[np.ndarray]): Poses in image pixels, (K, 2) each; all
            of them are on the picture as far as they are on the photo.
        visible (Sequence[np.ndarray]): Whether present, (K, ) each.
        status (Sequence[np.ndarray | None]): Outcome of each joint, index
            into ``ERROR_TYPES``, (K, ) each; None where unknown.
        skeleton_links (Sequence): Pairs of keypoint indices.

    Returns:
        PosePicture: With as many drawn poses.

    Raises:
        PictureError: If the file is not an image, or no joint is present.
    """
    image = _read_image(path)
    points = np.concatenate(
        [p[v > 0] for p, v in zip(poses, visible, strict=True)])
    if not len(points):
        raise PictureError('no joint is present')
    crop = crop_photo(image, points, aspect=.8, max_side=PICTURE_SIDE)
    done, data = cv2.imencode('.jpg', crop.image,
                              [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise PictureError('the picture could not be encoded')
    height, width = crop.image.shape[:2]
    drawn = [
        # SVG counts from the corner of the first pixel, not from its centre
        draw_paths(crop.transform(pose) + .5, there, codes, skeleton_links)
        for pose, there, codes in zip(poses, visible, status, strict=True)
    ]
    text = base64.b64encode(data.tobytes()).decode('ascii')
    return PosePicture(f'data:image/jpeg;base64,{text}', width, height, drawn)


def _read_image(path: Path) -> np.ndarray:
    """Read a photo as BGR."""
    try:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PictureError('unreadable image') from error
    if image is None:
        raise PictureError('the file is not an image')
    return image


def draw_paths(points: np.ndarray, visible: np.ndarray,
               status: Optional[np.ndarray],
               skeleton_links: Sequence[Sequence[int]]) -> DrawnPose:
    """Draw one pose as SVG paths.

    Args:
        points (np.ndarray): In the units of the SVG, (K, 2).
        visible (np.ndarray): Above 0 where present, (K, ).
        status (np.ndarray, optional): Outcome of each joint, index into
            ``ERROR_TYPES``, negative where unknown, (K, ).
        skeleton_links (Sequence): Pairs of keypoint indices.

    Returns:
        DrawnPose: The paths, rounded to tenths.
    """
    shown = np.asarray(visible) > 0
    codes = np.full(len(shown), -1) if status is None else status
    limbs = pose_segments(points, shown, skeleton_links).reshape(-1, 4)
    groups = [(code, points[shown & (codes == code)])
              for code in range(-1, len(ERROR_TYPES))]
    return DrawnPose(
        ''.join('M{:.1f} {:.1f}L{:.1f} {:.1f}'.format(*limb)
                for limb in limbs.tolist()),
        [('unknown' if code < 0 else ERROR_TYPES[code], ''.join(
            'M{:.1f} {:.1f}h0'.format(*point) for point in group.tolist()))
         for code, group in groups if len(group)])
