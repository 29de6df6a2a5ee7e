"""Which boxes of a detector count."""

from typing import List, Optional

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from torch import nn

from posefix_mm.chain import Boxes, PersonDetector, whole_images
from posefix_mm.chain.person_detector import category_ids, run_by_shape

# the third nearly covers the first; the second is no person
BOXES = [[0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 9], [20, 0, 30, 10],
         [40, 0, 50, 10]]
SCORES = [.9, .8, .7, .95, .2]
LABELS = [0, 3, 0, 0, 0]


def choose(cat_ids=(0, ), bbox_thr: float = .3,
           nms_thr: Optional[float] = .3) -> List[float]:
    """Scores of the boxes that are chosen."""
    detector = object.__new__(PersonDetector)
    detector.cat_ids, detector.bbox_thr = cat_ids, bbox_thr
    detector.nms_thr = nms_thr
    found = InstanceData(
        bboxes=np.array(BOXES, np.float32),
        scores=np.array(SCORES, np.float32),
        labels=np.array(LABELS))
    boxes = detector._choose(found)
    expected = [BOXES[SCORES.index(round(float(s), 2))]
                for s in boxes.bbox_scores]
    assert boxes.bboxes.tolist() == expected
    return np.round(boxes.bbox_scores, 2).astype(float).tolist()


@pytest.mark.parametrize(('options', 'expected'), [
    ({}, [.95, .9]),
    (dict(nms_thr=None), [.95, .9, .7]),
    (dict(nms_thr=.95), [.95, .9, .7]),
    (dict(bbox_thr=.1), [.95, .9, .2]),
    (dict(bbox_thr=.9), [.95]),
    (dict(cat_ids=(3, )), [.8]),
    (dict(cat_ids=(0, 3), nms_thr=None, bbox_thr=0.), [.95, .9, .8, .7, .2]),
    (dict(cat_ids=(7, )), []),
])
def test_choice(options: dict, expected: list) -> None:
    np.testing.assert_allclose(choose(**options), expected, atol=1e-6)


@pytest.mark.parametrize(('given', 'expected'), [(None, (0, )), (3, (3, )),
                                                 ([15, 16], (15, 16))])
def test_category_ids(given, expected: tuple) -> None:
    assert category_ids(given) == expected


def test_whole_images() -> None:
    [boxes] = whole_images([np.zeros((5, 7, 3), np.uint8)])
    assert boxes.bboxes.tolist() == [[0, 0, 7, 5]]
    assert boxes.bbox_scores.tolist() == [1]


def test_no_boxes() -> None:
    assert Boxes.from_array([]).bboxes.shape == (0, 4)


class Recorder(nn.Module):
    """Gives the mean of each input and remembers the batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: List[int] = []

    def test_step(self, data: dict) -> list:
        assert len({i.shape for i in data['inputs']}) == 1
        self.batches.append(len(data['inputs']))
        return [i.mean().item() for i in data['inputs']]


def test_images_of_one_shape_share_batches() -> None:
    """Padding would change what is found."""
    shapes = [(3, 4, 4)] * 10 + [(3, 4, 6)] * 2 + [(3, 4, 4)]
    samples = [
        dict(inputs=torch.full(shape, float(i)), data_samples=i)
        for i, shape in enumerate(shapes)
    ]
    model = Recorder()
    assert run_by_shape(model, samples) == list(range(13))
    assert model.batches == [8, 2, 2, 1]
