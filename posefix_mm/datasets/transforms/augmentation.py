"""Augmentation: of the release, and towards everyday photos.

People in those are cut by the border of the picture, half hidden, small,
blurred and badly lit; the photos of sport that poses are annotated on rarely
are. None of that is part of the paper.
"""
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpose.datasets.transforms import RandomBBoxTransform
from mmpose.registry import TRANSFORMS

from ...structures.boxes import pose_to_bbox

_SIDES = ('bottom', 'left', 'right', 'top')


@TRANSFORMS.register_module()
@dataclass(eq=False)
class CutByBorder(BaseTransform):
    """Let the border of the picture cut off part of a person.

    What lies beyond turns black, as everything outside a picture does in a
    crop, and keypoints there lose annotation and estimate, and are absent from
    real predictions. Comes before ``DrawInputPose`` and
    ``GetBBoxCenterScale``, in image pixels.

    Required Keys:

        - img: uint8 (H, W, 3)
        - bbox: (1, 4)
        - keypoints, keypoints_visible: (R, K, 2) and (R, K), the person first
        - real_poses, real_visible, real_scores: as ``DrawInputPose`` takes
          them (optional)

    Modified Keys: those, ``bbox`` being that of the keypoints that are left;
    real predictions of which nothing is left are dropped

    Args:
        prob (float): Share of the persons. Defaults to 0.25.
        side_probs (Sequence[float]): Probabilities of the bottom, the left,
            the right and the top. Defaults to mostly the bottom.
        min_keypoints (int): A person who would keep fewer visible keypoints
            is not cut. Defaults to 4.
    """

    prob: float = 0.25
    _: KW_ONLY
    side_probs: Sequence[float] = (.6, .15, .15, .1)
    min_keypoints: int = 4

    @cache_randomness
    def _draw(self) -> tuple[str | None, float]:
        """Draw the side that is cut off, if any, and its share of the box."""
        side = np.random.choice(_SIDES, p=self.side_probs)
        share = np.random.uniform(.2, .75)
        return (side if np.random.rand() < self.prob else None), share

    def transform(self, results: dict) -> dict:
        """Cut."""
        side, share = self._draw()
        if side is None:
            return results
        axis = int(side in ('bottom', 'top'))
        low, high = results['bbox'][0, axis], results['bbox'][0, axis + 2]
        end = side in ('bottom', 'right')
        border = int(round(high - share * (high - low) if end else
                           low + share * (high - low)))
        beyond = (slice(max(border, 0), None) if end else
                  slice(max(border, 0)))

        def visible_inside(points: str, visible: str) -> np.ndarray:
            return results[visible] * (
                (results[points][..., axis] < border) == end)

        visible = visible_inside('keypoints', 'keypoints_visible')
        if (visible[0] > 0).sum() < self.min_keypoints:
            return results
        if 'real_poses' in results:
            seen = visible_inside('real_poses', 'real_visible')
            left = (seen > 0).any(1)
            results['real_visible'] = seen
            for key in ('real_poses', 'real_visible', 'real_scores'):
                results[key] = results[key][left]
        image = results['img'].copy()
        image[(beyond, ) if axis else (slice(None), beyond)] = 0
        results['img'] = image
        results['keypoints_visible'] = visible
        results['bbox'] = pose_to_bbox(results['keypoints'][:1], visible[:1])
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class PasteOccluder(BaseTransform):
    """Hide part of a crop behind a patch of the crop before.

    Keypoints stay annotated: the rest of the body shows where they are.
    Comes after ``TopdownAffine``.

    Required Keys:

        - img: uint8 (h, w, 3)

    Modified Keys: img

    Args:
        prob (float): Share of the crops. Defaults to 0.25.
        max_side (float): Longest side of the patch in units of the crop's.
            Defaults to 0.45.
    """

    prob: float = 0.25
    max_side: float = 0.45
    _before: np.ndarray | None = field(default=None, init=False, repr=False)

    @cache_randomness
    def _draw(self) -> np.ndarray | None:
        """Draw the sides of the patch, its place and its source in 0..1."""
        numbers = np.random.rand(6)
        numbers[:2] = .1 + (self.max_side - .1) * numbers[:2]
        return numbers if np.random.rand() < self.prob else None

    def transform(self, results: dict) -> dict:
        """Paste."""
        image, before = results['img'], self._before
        self._before = image
        numbers = self._draw()
        if numbers is None or before is None or before.shape != image.shape:
            return results
        size = np.array(image.shape[:2])
        sides = (numbers[:2] * size).astype(int)
        (top, left), (row, column) = (
            (numbers[i:i + 2] * (size - sides)).astype(int) for i in (2, 4))
        image = image.copy()
        image[top:top + sides[0], left:left + sides[1]] = before[
            row:row + sides[0], column:column + sides[1]]
        results['img'] = image
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False, kw_only=True)
class DegradeImage(BaseTransform):
    """Make crops as small, blurred, noisy and badly lit as photos can be.

    Comes after ``TopdownAffine``.

    Required Keys:

        - img: BGR, uint8 (h, w, 3)

    Modified Keys: img

    Args:
        shrink_prob (float): Share of the crops that are shown at a lower
            resolution. Defaults to 0.25.
        max_shrink (float): Largest factor of that. Defaults to 6.
        blur_prob (float): Share of the crops that are blurred. Defaults to
            0.1.
        noise_prob (float): Share of the crops with noise. Defaults to 0.1.
        jpeg_prob (float): Share of the crops with traces of compression.
            Defaults to 0.1.
        light_prob (float): Share of the crops whose brightness, contrast and
            colours change. Defaults to 0.5.
        grey_prob (float): Share of the crops without colours. Defaults to
            0.05.
    """

    shrink_prob: float = 0.25
    max_shrink: float = 6.
    blur_prob: float = 0.1
    noise_prob: float = 0.1
    jpeg_prob: float = 0.1
    light_prob: float = 0.5
    grey_prob: float = 0.05

    def transform(self, results: dict) -> dict:
        """Degrade."""
        image = results['img']
        for name in ('shrink', 'blur', 'noise', 'jpeg', 'light', 'grey'):
            if np.random.rand() < getattr(self, f'{name}_prob'):
                image = getattr(self, f'_{name}')(image)
        results['img'] = image
        return results

    def _shrink(self, image: np.ndarray) -> np.ndarray:
        factor = np.exp(np.random.uniform(0, np.log(self.max_shrink)))
        height, width = image.shape[:2]
        small = cv2.resize(
            image, (max(1, int(width / factor)), max(1, int(height / factor))),
            interpolation=cv2.INTER_AREA)
        return cv2.resize(
            small, (width, height), interpolation=cv2.INTER_LINEAR)

    @staticmethod
    def _blur(image: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(image, (0, 0), np.random.uniform(.5, 3))

    @staticmethod
    def _noise(image: np.ndarray) -> np.ndarray:
        noise = np.random.normal(0, np.random.uniform(2, 15), image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)

    @staticmethod
    def _jpeg(image: np.ndarray) -> np.ndarray:
        quality = int(np.random.uniform(10, 60))
        _, code = cv2.imencode('.jpg', image,
                               [cv2.IMWRITE_JPEG_QUALITY, quality])
        return cv2.imdecode(code, cv2.IMREAD_COLOR)

    @staticmethod
    def _light(image: np.ndarray) -> np.ndarray:
        gain = np.random.uniform(.6, 1.4) * np.random.uniform(.85, 1.15, 3)
        shift = np.random.uniform(-32, 32)
        values = np.arange(256)[:, None] * gain + shift
        table = np.clip(values, 0, 255).astype(np.uint8)[:, None]
        return cv2.LUT(image, table)

    @staticmethod
    def _grey(image: np.ndarray) -> np.ndarray:
        return cv2.cvtColor(
            cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


@TRANSFORMS.register_module()
@dataclass(eq=False)
class ClippedNormalBBoxTransform(RandomBBoxTransform):
    """Scale and rotate the box by clipped normal numbers.

    mmpose's :class:`RandomBBoxTransform` draws from normal distributions
    *truncated* at one standard deviation and shifts; the release (code)
    *clips*, which puts much mass on the limits, and does not shift.

    Required, modified and added keys as :class:`RandomBBoxTransform`.

    Args:
        scale_std (float): The factor is ``N(1, scale_std)``, clipped to
            ``1 +- scale_std``. Defaults to 0.3.
        rotate_std (float): The angle in degrees is ``N(0, rotate_std)``,
            clipped to twice that. Defaults to 40.
        rotate_prob (float): Probability of a rotation. Defaults to 0.6.
    """

    scale_std: float = 0.3
    rotate_std: float = 40.
    rotate_prob: float = 0.6

    def __post_init__(self) -> None:
        super().__init__(
            shift_prob=0.,
            scale_factor=(1 - self.scale_std, 1 + self.scale_std),
            rotate_factor=2 * self.rotate_std,
            rotate_prob=self.rotate_prob)

    @cache_randomness
    def _get_transform_params(
            self, num_bboxes: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw no shift (N, 2), scales (N, 1) and angles in degrees (N, )."""
        scale = np.clip(
            np.random.normal(1, self.scale_std, (num_bboxes, 1)),
            *self.scale_factor)
        angle = np.clip(
            np.random.normal(0, self.rotate_std, num_bboxes),
            -self.rotate_factor, self.rotate_factor)
        rotated = np.random.rand(num_bboxes) < self.rotate_prob
        return (np.zeros((num_bboxes, 2), np.float32),
                scale.astype(np.float32),
                (angle * rotated).astype(np.float32))
