"""Write predictions as they come, so that memory does not grow with them."""
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Union

import numpy as np
import orjson
from mmengine.structures import InstanceData
from mmpose.structures import split_instances

from ...fileio import atomic_write, write_json
from .input_frames import Frame, InputFrames

# As mmpose's CocoMetric: surer keypoints make the score of a person.
_KEYPOINT_SCORE_THR = 0.2


@contextmanager
def json_list(path: Union[str, Path]) -> Iterator[Callable[[Any], None]]:
    """Write a JSON list item by item, as a whole or not at all.

    Args:
        path (str | Path): The file; its folder is made.

    Yields:
        Callable[[Any], None]: Appends an item.
    """
    with atomic_write(path) as file:
        separator = b'['

        def append(item: Any) -> None:
            nonlocal separator
            file.write(separator + orjson.dumps(item))
            separator = b',\n'

        yield append
        file.write(b'[]' if separator == b'[' else b']')


def describe_instances(instances: Optional[InstanceData]) -> List[dict]:
    """Turn the people of an image into what JSON can hold.

    Args:
        instances (InstanceData | None): From the inferencer.

    Returns:
        List[dict]: As mmpose's inferencers write them: ``keypoints``,
        ``keypoint_scores``, ``bbox`` and ``bbox_score``; besides these
        ``input_keypoints``, the pose before refinement, and ``refined``,
        false where it was left as it was.
    """
    people = split_instances(instances)
    for i, person in enumerate(people):
        person['bbox_score'] = float(person['bbox_score'])
        person['input_keypoints'] = instances.input_keypoints[i].tolist()
        person['refined'] = bool(instances.refined[i])
    return people


def coco_records(instances: Optional[InstanceData],
                 image_id: Union[int, str]) -> List[dict]:
    """Turn the people of an image into records of a COCO results file.

    Args:
        instances (InstanceData | None): From the inferencer.
        image_id (int | str): Of the image.

    Returns:
        List[dict]: ``score`` is the box's times the mean of the keypoints'
        scores above 0.2, as for mmpose's top-down estimators.
    """
    if instances is None:
        return []
    points = np.concatenate(
        (instances.keypoints, instances.keypoint_scores[..., None]), -1)
    scores = instances.keypoint_scores
    sure = scores > _KEYPOINT_SCORE_THR
    means = (scores * sure).sum(1) / np.maximum(sure.sum(1), 1)
    boxes = instances.bboxes.copy()
    boxes[:, 2:] -= boxes[:, :2]
    return [
        dict(
            image_id=image_id,
            category_id=1,
            keypoints=pose.ravel().tolist(),
            bbox=box.tolist(),
            score=float(score))
        for pose, box, score in zip(
            points, boxes, instances.bbox_scores * means, strict=True)
    ]


class PredictionFiles:
    """One JSON file for each image, or one for a video, in a folder.

    Args:
        folder (str | Path): Where they go; it is made.
        inputs (InputFrames): What they are of.

    Note:
        Use it in a ``with`` block: the file of a video appears at its end.
    """

    def __init__(self, folder: Union[str, Path], inputs: InputFrames) -> None:
        self.folder = Path(folder)
        self._names = NameCounter()
        self._list = self._append = None
        if inputs.video is not None:
            stem = Path(inputs.video.name).stem
            self._list = json_list(self.folder / f'{stem}.json')

    def __enter__(self) -> 'PredictionFiles':
        """Open the file of a video."""
        if self._list is not None:
            self._append = self._list.__enter__()
        return self

    def __exit__(self, *error: Any) -> Optional[bool]:
        """Finish the file of a video; after an error there is none."""
        return self._list and self._list.__exit__(*error)

    def write(self, frame: Frame, people: List[dict]) -> None:
        """Write the people of an image.

        Args:
            frame (Frame): The image.
            people (List[dict]): From :func:`describe_instances`.
        """
        if self._append is not None:
            self._append(dict(frame_id=frame.index, instances=people))
        else:
            stem = self._names.unique(Path(frame.name).stem)
            write_json(self.folder / f'{stem}.json', people)


class NameCounter:
    """Numbers file names that come more than once."""

    def __init__(self) -> None:
        self._seen = Counter()

    def unique(self, stem: str) -> str:
        """Give ``name``, then ``name_2`` and so on."""
        self._seen[stem] += 1
        count = self._seen[stem]
        return stem if count == 1 else f'{stem}_{count}'
