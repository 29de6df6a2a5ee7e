"""Evaluation of keypoints, as ``xtcocotools.cocoeval`` does it."""
import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import cocoeval

# The share of its box that a person without an area fills.
_FILLED = 0.53
# Where crowds begin to be of medium and of hard difficulty.
_CROWDED = (0.2, 0.8)


class COCOeval(cocoeval.COCOeval):
    """pycocotools' evaluation with other sigmas, areas and crowds.

    Args:
        cocoGt (COCO): Annotations.
        cocoDt (COCO): Results.
        iouType (str): ``'keypoints'`` or ``'keypoints_crowd'``.
        sigmas (Sequence[float], optional): Of each keypoint. Defaults to
            COCO's.
        use_area (bool): Take the area of the annotation and not a share of
            its box. Defaults to True.

    Raises:
        NotImplementedError: If another type is to be evaluated.
    """

    def __init__(self,
                 cocoGt: Any = None,
                 cocoDt: Any = None,
                 iouType: str = 'keypoints',
                 sigmas: Sequence[float] | None = None,
                 use_area: bool = True) -> None:
        if iouType not in ('keypoints', 'keypoints_crowd'):
            raise NotImplementedError(
                f'evaluating {iouType!r} needs xtcocotools, which this '
                'environment lacks: with a compiler and NumPy installed, pip '
                'install --no-build-isolation xtcocotools')
        super().__init__(cocoGt, cocoDt, 'keypoints')
        self.crowd = iouType == 'keypoints_crowd'
        self.use_area = use_area
        if sigmas is not None:
            self.params.kpt_oks_sigmas = np.asarray(sigmas)

    def _prepare(self) -> None:
        """Take people as xtcocotools does, out of copies."""
        for person in self.cocoGt.anns.values():
            person.setdefault('num_keypoints', 0)  # pycocotools reads it
        super()._prepare()
        for people in self._gts.values():
            people[:] = map(self._person, people)
        for poses in self._dts.values():
            poses[:] = filter(_seen, poses)

    def _person(self, person: dict) -> dict:
        """Copy an annotation, with area and ``ignore``."""
        # pycocotools takes an id of 0 for none
        copy = dict(person, id=person['id'] + 1)
        if not self.use_area or 'area' not in person:
            copy['area'] = person['bbox'][2] * person['bbox'][3] * _FILLED
        if self.crowd:
            seen = person['num_keypoints']
        else:
            seen = _seen(person)
        copy['ignore'] = seen == 0 or person.get('iscrowd', False)
        return copy

    def summarize(self) -> None:
        """Print the statistics, and keep them as ``stats``."""
        if not self.crowd:
            super().summarize()
            return
        precision, recall = (self.eval[name][..., 0, :]
                             for name in ('precision', 'recall'))
        stats = [_mean(values[where])
                 for values in (precision, recall) for where in (
                     slice(None), [0], [5])]
        with contextlib.redirect_stdout(io.StringIO()):
            stats += map(self._precision_on, self._split_by_crowd())
        self.stats = np.array(stats)
        for name, value in zip(
                ('AP', 'AP50', 'AP75', 'AR', 'AR50', 'AR75', 'AP easy',
                 'AP medium', 'AP hard'), stats, strict=True):
            print(f' {name:9} = {value:.3f}')

    def _split_by_crowd(self) -> list[list[int]]:
        """Ids of the images that are easy, medium and hard."""
        images = self.cocoGt.dataset['images']
        levels = np.searchsorted(
            _CROWDED, [image['crowdIndex'] for image in images], side='right')
        return [[image['id'] for image, own in zip(images, levels,
                                                   strict=True)
                 if own == level] for level in range(3)]

    def _precision_on(self, image_ids: list[int]) -> float:
        """Average precision on some of the images."""
        self.params.imgIds = image_ids
        self.evaluate()
        self.accumulate()
        return round(np.mean(self.eval['precision'][:, :, :, 0, :]), 4)


def _seen(pose: dict) -> int:
    """Count keypoints whose visibility or score is above 0."""
    return np.count_nonzero(np.array(pose['keypoints'])[2::3] > 0)


def _mean(values: np.ndarray) -> float:
    """Average what is defined; -1 if nothing is."""
    values = values[values > -1]
    return float(values.mean()) if values.size else -1.
