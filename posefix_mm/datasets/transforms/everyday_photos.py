"""Augmentation towards everyday photos.

People there are cut by the border of the picture, half hidden, small, blurred
and badly lit; the photos of sport that poses are annotated on rarely are.
None of this is part of the paper.
"""
from typing import Optional, Sequence, Tuple

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpose.registry import TRANSFORMS

from ...structures.boxes import pose_to_bbox

_SIDES = ('bottom', 'left', 'right', 'top')


@TRANSFORMS.register_module()
class CutByBorder(BaseTransform):
    """Let the border of the picture run through a share of the persons.

    What lies beyond turns black, as everything outside a picture does in a
    crop, and keypoints there are annotated and estimated no more. Comes
    before ``GetBBoxCenterScale``, in image pixels.

    Required Keys:

        - img: uint8 (H, W, 3)
        - bbox: (1, 4)
        - keypoints, keypoints_visible: (R, K, 2) and (R, K), the person first

    Modified Keys: those, ``bbox`` being that of the keypoints that are left

    Args:
        prob (float): Share of the persons. Defaults to 0.25.
        side_probs (Sequence[float]): Probabilities of the bottom, the left,
            the right and the top. Defaults to mostly the bottom.
        min_keypoints (int): A person of whom less would be left stays whole.
            Defaults to 4.
        expand (float): Factor from the extent of the keypoints that are left
            to the box. Defaults to 1.2.
    """

    def __init__(self,
                 prob: float = 0.25,
                 *,
                 side_probs: Sequence[float] = (.6, .15, .15, .1),
                 min_keypoints: int = 4,
                 expand: float = 1.2) -> None:
        super().__init__()
        self.prob = prob
        self.side_probs = tuple(side_probs)
        self.min_keypoints = min_keypoints
        self.expand = expand

    @cache_randomness
    def _draw(self) -> Tuple[Optional[str], float]:
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
        points = results['keypoints'][..., axis]
        if side in ('bottom', 'right'):
            line = int(round(high - share * (high - low)))
            left = points < line
        else:
            line = int(round(low + share * (high - low)))
            left = points >= line
        visible = results['keypoints_visible'] * left
        if (visible[0] > 0).sum() < self.min_keypoints:
            return results
        beyond = slice(max(line, 0), None) if side in ('bottom', 'right') \
            else slice(None, max(line, 0))
        image = results['img'].copy()
        image[(beyond, ) if axis else (slice(None), beyond)] = 0
        results['img'] = image
        results['keypoints_visible'] = visible
        results['bbox'] = pose_to_bbox(
            results['keypoints'][:1], visible[:1], expand=self.expand)
        return results

    def __repr__(self) -> str:
        """Show the parameters."""
        return (f'{type(self).__name__}(prob={self.prob}, '
                f'side_probs={self.side_probs}, '
                f'min_keypoints={self.min_keypoints}, expand={self.expand})')


@TRANSFORMS.register_module()
class PasteOccluder(BaseTransform):
    """Hide part of a crop behind a patch of the crop before.

    Keypoints stay annotated: where they are can be told from the rest. Comes
    behind ``TopdownAffine``.

    Required Keys:

        - img: uint8 (h, w, 3)

    Modified Keys: img

    Args:
        prob (float): Share of the crops. Defaults to 0.25.
        max_side (float): Longest side of the patch in units of the crop's.
            Defaults to 0.45.
    """

    def __init__(self, prob: float = 0.25, max_side: float = 0.45) -> None:
        super().__init__()
        self.prob = prob
        self.max_side = max_side
        self._before: Optional[np.ndarray] = None

    @cache_randomness
    def _draw(self) -> Optional[np.ndarray]:
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

    def __repr__(self) -> str:
        """Show the parameters."""
        return (f'{type(self).__name__}(prob={self.prob}, '
                f'max_side={self.max_side})')


@TRANSFORMS.register_module()
class DegradeImage(BaseTransform):
    """Make crops as small, blurred, noisy and badly lit as photos can be.

    Comes behind ``TopdownAffine``.

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

    def __init__(self,
                 *,
                 shrink_prob: float = 0.25,
                 max_shrink: float = 6.,
                 blur_prob: float = 0.1,
                 noise_prob: float = 0.1,
                 jpeg_prob: float = 0.1,
                 light_prob: float = 0.5,
                 grey_prob: float = 0.05) -> None:
        super().__init__()
        self.max_shrink = max_shrink
        self.probs = dict(
            shrink=shrink_prob,
            blur=blur_prob,
            noise=noise_prob,
            jpeg=jpeg_prob,
            light=light_prob,
            grey=grey_prob)

    def transform(self, results: dict) -> dict:
        """Degrade."""
        image = results['img']
        for name, prob in self.probs.items():
            if np.random.rand() < prob:
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

    def __repr__(self) -> str:
        """Show the parameters."""
        return (f'{type(self).__name__}(max_shrink={self.max_shrink}, '
                f'probs={self.probs})')
