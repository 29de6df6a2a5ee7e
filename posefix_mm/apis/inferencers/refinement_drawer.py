"""Draw poses before and after refinement."""
from typing import Optional

import cv2
import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

from ..overlays import RefinedImage, side_by_side

#: Ways to draw: input and refined poses in two pictures, the input faintly
#: under the refined poses, or the refined poses alone.
DRAW_STYLES = ('side_by_side', 'blend', 'refined')


class RefinementDrawer:
    """Draws poses before and after refinement.

    Args:
        metainfo (dict): Skeleton.
        draw_style (str): One of :data:`DRAW_STYLES`. Defaults to
            ``'side_by_side'``.
        skeleton_style (str): ``'mmpose'`` or ``'openpose'``. Defaults to
            ``'mmpose'``.
        radius (int): Of keypoints, in pixels. Defaults to 3.
        thickness (int): Of links, in pixels. Defaults to 1.
        kpt_thr (float): Keypoints of a lower score are not drawn. Defaults to
            0.3.
        draw_bbox (bool): Draw the boxes of people; not in two pictures.
            Defaults to False.
        black_background (bool): Draw on black. Defaults to False.
        opacity (float): Of the input poses where they are blended. Defaults
            to 0.4.

    Raises:
        ValueError: If a style is not one of these.
    """

    def __init__(self,
                 metainfo: dict,
                 *,
                 draw_style: str = 'side_by_side',
                 skeleton_style: str = 'mmpose',
                 radius: int = 3,
                 thickness: int = 1,
                 kpt_thr: float = 0.3,
                 draw_bbox: bool = False,
                 black_background: bool = False,
                 opacity: float = 0.4) -> None:
        for name, value, allowed in (('draw_style', draw_style, DRAW_STYLES),
                                     ('skeleton_style', skeleton_style,
                                      ('mmpose', 'openpose'))):
            if value not in allowed:
                raise ValueError(
                    f'{name} must be one of {allowed}, got {value!r}')
        self.draw_style = draw_style
        self.kpt_thr = kpt_thr
        self.draw_bbox = draw_bbox
        self.black_background = black_background
        self.opacity = opacity
        self.visualizer = PoseLocalVisualizer(
            radius=radius, line_width=thickness)
        self.visualizer.set_dataset_meta(metainfo, skeleton_style)

    def draw(self, image: np.ndarray,
             instances: Optional[InstanceData]) -> np.ndarray:
        """Draw the people of an image.

        Args:
            image (np.ndarray): BGR, uint8 (H, W, 3).
            instances (InstanceData | None): ``input_keypoints`` and
                ``keypoints`` (image pixels, (N, K, 2)), ``keypoint_scores``
                (N, K) and ``bboxes`` (N, 4); None for nobody.

        Returns:
            np.ndarray: RGB, uint8 (H, W, 3), or (H, 2 * W, 3) for
            ``'side_by_side'``.
        """
        if self.black_background:
            image = np.zeros_like(image)
        if instances is None or not len(instances):
            copies = 2 if self.draw_style == 'side_by_side' else 1
            return np.tile(image, (1, copies, 1))[..., ::-1].copy()
        visible = instances.keypoint_scores >= self.kpt_thr
        if self.draw_style == 'side_by_side':
            shown = RefinedImage('', image, instances.input_keypoints,
                                 instances.keypoints, visible)
            return side_by_side(self.visualizer, shown)[..., ::-1].copy()
        canvas = np.ascontiguousarray(image[..., ::-1])
        if self.draw_style == 'blend':
            before = self._draw(canvas, instances.input_keypoints, instances,
                                False)
            canvas = cv2.addWeighted(before, self.opacity, canvas,
                                     1 - self.opacity, 0)
        return self._draw(canvas, instances.keypoints, instances,
                          self.draw_bbox)

    def _draw(self, canvas: np.ndarray, keypoints: np.ndarray,
              instances: InstanceData, draw_bbox: bool) -> np.ndarray:
        """Draw one set of poses on an RGB image."""
        sample = PoseDataSample(
            pred_instances=InstanceData(
                keypoints=keypoints,
                keypoint_scores=instances.keypoint_scores,
                keypoints_visible=instances.keypoint_scores,
                bboxes=instances.bboxes))
        return self.visualizer.add_datasample(
            '',
            canvas,
            sample,
            draw_gt=False,
            draw_bbox=draw_bbox,
            kpt_thr=self.kpt_thr)


class FrameDrawing:
    """What is drawn of the input, and whether anybody looks at it.

    Args:
        metainfo (dict): Skeleton.
        return_vis (bool): Whether the caller wants the pictures. Defaults to
            False.
        show (bool): Whether they are shown in a window. Defaults to False.
        wait_time (float): Seconds that a window waits, 0 for a key. Defaults
            to 0.
        vis_out_dir (str): Where they are written. Defaults to nowhere.
        **kwargs: Further arguments of :class:`RefinementDrawer`.
    """

    def __init__(self,
                 metainfo: dict,
                 *,
                 return_vis: bool = False,
                 show: bool = False,
                 wait_time: float = 0.,
                 vis_out_dir: str = '',
                 **kwargs) -> None:
        self.vis_out_dir = vis_out_dir
        self.show = show
        self.wait_time = wait_time
        self.wanted = bool(return_vis or show or vis_out_dir)
        self.drawer = RefinementDrawer(metainfo, **kwargs)

    def draw(self, image: np.ndarray,
             instances: Optional[InstanceData]) -> np.ndarray:
        """Draw an image, and show it if that is wanted.

        Args:
            image (np.ndarray): BGR, uint8 (H, W, 3).
            instances (InstanceData | None): See
                :meth:`RefinementDrawer.draw`.

        Returns:
            np.ndarray: RGB, uint8.
        """
        picture = self.drawer.draw(image, instances)
        if self.show:
            self.drawer.visualizer.show(
                picture,
                win_name='refined',
                wait_time=self.wait_time,
                backend='cv2')
        return picture
