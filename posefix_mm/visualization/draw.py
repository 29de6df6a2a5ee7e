"""Poses drawn on pictures, as mmpose's visualizer draws them."""
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import mmcv
import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

#: Ways to draw: input and refined poses in two pictures, the input faintly
#: under the refined poses, or the refined poses alone.
DRAW_STYLES = ('side_by_side', 'blend', 'refined')
_HEADER = 22  # pixels


class RefinedImage(NamedTuple):
    """An image and its N poses before and after refinement."""

    name: str  #: Name of the picture, without a suffix
    image: np.ndarray  #: BGR, uint8 (H, W, 3)
    before: np.ndarray  #: Image pixels, (N, K, 2)
    after: np.ndarray  #: Image pixels, (N, K, 2)
    visible: np.ndarray  #: Whether a keypoint is present, bool (N, K)


class CropPoses(NamedTuple):
    """A crop and the poses that are shown on it."""

    image: np.ndarray  #: RGB, uint8 (h, w, 3)
    #: Input pixels, (K, 2) each; None leaves the crop empty.
    poses: list[np.ndarray | None]
    visible: list[np.ndarray | None]  #: Whether present, (K, ) each


class PoseDrawer:
    """Draws poses on RGB images.

    Args:
        metainfo (dict): Skeleton.
        skeleton_style (str): ``'mmpose'`` or ``'openpose'``.
        radius (int): Of keypoints, in pixels.
        thickness (int): Of links, in pixels.
        kpt_thr (float): Keypoints of a lower score are not drawn.

    Raises:
        ValueError: If there is no such style.
    """

    def __init__(self, metainfo: dict, *, skeleton_style: str = 'mmpose',
                 radius: int = 3, thickness: int = 2,
                 kpt_thr: float = 0.3) -> None:
        # imports torchvision, which takes its time
        from mmpose.visualization import PoseLocalVisualizer

        _check('skeleton_style', skeleton_style, ('mmpose', 'openpose'))
        self.options = dict(kpt_thr=kpt_thr, skeleton_style=skeleton_style)
        self.visualizer = PoseLocalVisualizer(
            radius=radius, line_width=thickness)
        self.visualizer.set_dataset_meta(metainfo, skeleton_style)

    def draw_poses(self, image: np.ndarray, keypoints: np.ndarray,
                   scores: np.ndarray, *, bboxes: np.ndarray | None = None,
                   title: str = '') -> np.ndarray:
        """Draw poses on an image.

        Args:
            image (np.ndarray): RGB, uint8 (H, W, 3), as is the result.
            keypoints (np.ndarray): Image pixels, (N, K, 2).
            scores (np.ndarray): Of keypoints, or whether they are present,
                (N, K).
            bboxes (np.ndarray, optional): Boxes to draw, xyxy, (N, 4).
            title (str): Written into the corner.
        """
        scores = np.asarray(scores, np.float32)
        people = InstanceData(keypoints=keypoints, keypoint_scores=scores,
                              keypoints_visible=scores)
        if bboxes is not None:
            people.bboxes = bboxes
        picture = np.ascontiguousarray(self.visualizer.add_datasample(
            title, np.ascontiguousarray(image),
            PoseDataSample(pred_instances=people), draw_gt=False,
            draw_bbox=bboxes is not None, **self.options))
        for color, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(picture, title, (5, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5,
                        color, width, cv2.LINE_AA)
        return picture

    def side_by_side(self, image: np.ndarray, before: np.ndarray,
                     after: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Draw an image twice, (H, 2 * W, 3), the input poses on the left."""
        return np.hstack([
            self.draw_poses(image, poses, scores, title=title)
            for poses, title in ((before, 'input'), (after, 'refined'))])


class RefinementDrawer(PoseDrawer):
    """Draws poses before and after refinement, and shows them.

    Args:
        metainfo (dict): Skeleton.
        draw_style (str): One of :data:`DRAW_STYLES`.
        draw_bbox (bool): Draw the boxes of people; not in two pictures.
        black_background (bool): Draw on black.
        opacity (float): Of the input poses where they are blended.
        return_vis (bool): Whether the caller wants the pictures.
        show (bool): Whether they are shown in a window.
        wait_time (float): Seconds that a window waits, 0 for a key.
        vis_out_dir (str): Where they are written; empty for nowhere.
        thickness (int): Of links, in pixels.
        **kwargs: Further arguments of :class:`PoseDrawer`.

    Raises:
        ValueError: If a style is not one of these.
    """

    def __init__(self, metainfo: dict, *, draw_style: str = 'side_by_side',
                 draw_bbox: bool = False, black_background: bool = False,
                 opacity: float = 0.4, return_vis: bool = False,
                 show: bool = False, wait_time: float = 0.,
                 vis_out_dir: str = '', thickness: int = 1, **kwargs) -> None:
        super().__init__(metainfo, thickness=thickness, **kwargs)
        _check('draw_style', draw_style, DRAW_STYLES)
        self.draw_style = draw_style
        self.draw_bbox = draw_bbox
        self.black_background = black_background
        self.opacity = opacity
        self.show = show
        self.wait_time = wait_time
        self.vis_out_dir = vis_out_dir
        self.wanted = bool(return_vis or show or vis_out_dir)

    def draw(self, image: np.ndarray,
             instances: InstanceData | None) -> np.ndarray:
        """Draw the people of an image, and show it if that is wanted.

        Args:
            image (np.ndarray): BGR, uint8 (H, W, 3).
            instances (InstanceData | None): ``input_keypoints`` and
                ``keypoints`` (image pixels, (N, K, 2)), ``keypoint_scores``
                (N, K) and ``bboxes`` (N, 4); None for nobody.

        Returns:
            np.ndarray: RGB, uint8 (H, W, 3), or (H, 2 * W, 3) for
            ``'side_by_side'``.
        """
        picture = self._draw(
            np.zeros_like(image) if self.black_background
            else image[..., ::-1], instances)
        if self.show:
            self.visualizer.show(picture, win_name='refined',
                                 wait_time=self.wait_time, backend='cv2')
        return picture

    def _draw(self, picture: np.ndarray,
              instances: InstanceData | None) -> np.ndarray:
        twice = self.draw_style == 'side_by_side'
        if instances is None or not len(instances):
            return np.tile(picture, (1, 1 + twice, 1))
        before, after = instances.input_keypoints, instances.keypoints
        scores = instances.keypoint_scores
        if twice:
            return self.side_by_side(picture, before, after, scores)
        if self.draw_style == 'blend':
            picture = cv2.addWeighted(
                self.draw_poses(picture, before, scores), self.opacity,
                np.ascontiguousarray(picture), 1 - self.opacity, 0)
        return self.draw_poses(
            picture, after, scores,
            bboxes=instances.bboxes if self.draw_bbox else None)


def _check(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f'{name} must be one of {allowed}, got {value!r}')


def write_overlays(show_dir: str | Path, images: Iterable[RefinedImage],
                   metainfo: dict) -> None:
    """Draw images side by side, with their input and with refined poses.

    The pictures go to ``show_dir``, which is made, under the images' names.
    """
    show_dir = Path(show_dir)
    show_dir.mkdir(parents=True, exist_ok=True)
    drawer, names = PoseDrawer(metainfo, kpt_thr=.5), UniqueNames()
    for one in images:
        picture = drawer.side_by_side(one.image[..., ::-1], one.before,
                                      one.after, one.visible)
        path = show_dir / f'{names.unique(one.name)}.jpg'
        mmcv.imwrite(picture[..., ::-1], str(path))


class UniqueNames:
    """Numbers names that come more than once: ``a``, ``a_2``, ``a_3``."""

    def __init__(self) -> None:
        self._used: Counter = Counter()

    def unique(self, name: str) -> str:
        """The name, numbered if it, or what comes of it, is taken."""
        unique, number = name, self._used[name]
        while self._used[unique]:
            number += 1
            unique = f'{name}_{number}'
        self._used[unique] = 1
        self._used[name] = max(number, 1)  # where to go on
        return unique


def pose_panel(crops: Sequence[CropPoses], titles: Sequence[str],
               metainfo: dict, height: int) -> np.ndarray:
    """Draw crops below each other, their poses side by side.

    There is at least one crop; all are of one size, ``height`` pixels in the
    picture, with as many poses as there are titles, which stand above the
    columns. Returns RGB, uint8 (H, W, 3).
    """
    drawer = PoseDrawer(metainfo, kpt_thr=.01)
    rows = []
    for crop in crops:
        scale = height / crop.image.shape[0]
        image = cv2.resize(
            np.ascontiguousarray(crop.image), None, fx=scale, fy=scale)
        rows.append(np.hstack([
            image if pose is None else drawer.draw_poses(
                image, (pose[None] + .5) * scale - .5, visible[None])
            for pose, visible in zip(crop.poses, crop.visible, strict=True)]))
    width = rows[0].shape[1]
    header = np.full((_HEADER, width, 3), 255, np.uint8)
    for column, title in enumerate(titles):
        cv2.putText(header, title,
                    (column * (width // len(titles)) + 4, _HEADER - 7),
                    cv2.FONT_HERSHEY_SIMPLEX, .45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([header, *rows])
