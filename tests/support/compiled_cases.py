"""Inputs whose results mmcv's and xtcocotools' own code was recorded for.

To record again, with a compiled mmcv 2.1.0 and xtcocotools 1.14.3 installed:

    python tests/support/compiled_cases.py tests/data/compiled
"""
import contextlib
import copy
import io
import json
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import numpy as np
import torch

SIGMAS = np.linspace(.03, .1, 5)


def boxes_and_scores() -> Iterator[Tuple[str, torch.Tensor, torch.Tensor]]:
    """Boxes (N, 4) and scores (N, ) by name."""
    for count, ties in ((0, False), (1, False), (60, False), (60, True),
                        (1500, True)):
        rng = np.random.default_rng(count)
        corner = rng.integers(0, 12 if ties else 60, (count, 2))
        size = rng.integers(0 if ties else 5, 40, (count, 2))
        boxes = np.hstack([corner, corner + size]).astype(np.float32)
        if not ties:
            boxes += rng.normal(0, 1, boxes.shape).astype(np.float32)
        scores = rng.uniform(0, 1, count).astype(np.float32)
        if ties:  # equal scores fall into mmcv's order of removal
            scores = np.floor(scores * 8).astype(np.float32) / 8
        yield (f'{count}{" ties" if ties else ""}', torch.from_numpy(boxes),
               torch.from_numpy(scores))


def run_nms() -> Dict[str, Any]:
    """Results of ``mmcv._ext`` on all cases."""
    from mmcv import _ext
    found = {}
    for name, boxes, scores in boxes_and_scores():
        for offset in (0, 1):
            for threshold in (.3, .65):
                # sorting is not stable: equal scores only in softnms
                distinct = scores + torch.arange(len(scores)).flip(0) * 1e-5
                kept = _ext.nms(
                    boxes, distinct, iou_threshold=threshold, offset=offset)
                found[f'nms {name} {offset} {threshold}'] = kept.tolist()
            if len(boxes) > 100:
                continue
            for method in range(3):
                dets = boxes.new_zeros(len(boxes), 5)
                kept = _ext.softnms(
                    boxes,
                    scores,
                    dets,
                    iou_threshold=.3,
                    sigma=.5,
                    min_score=.05,
                    method=method,
                    offset=offset)
                found[f'softnms {name} {offset} {method}'] = [
                    kept.tolist(), dets[:len(kept)].tolist()
                ]
    return found


def annotations_and_results(seed: int) -> Tuple[dict, list]:
    """COCO annotations with odd ones among them, and poor results."""
    rng = np.random.default_rng(seed)
    people, results, images = [], [], []
    for image_id in range(1, 13):
        images.append(
            dict(id=image_id, crowdIndex=float(rng.integers(0, 6)) / 5))
        for _ in range(rng.integers(0, 4)):
            pose = np.zeros((5, 3))
            size = rng.uniform(20, 150)
            pose[:, :2] = rng.uniform(0, size, (5, 2)).round(1)
            pose[:, 2] = rng.integers(0, 3, 5) * (rng.uniform() > .1)
            people.append(
                dict(
                    id=len(people),  # from 0, as mmpose writes them
                    image_id=image_id,
                    category_id=1,
                    keypoints=pose.ravel().tolist(),
                    num_keypoints=int((pose[:, 2] > 1).sum()),
                    area=float(size**2 / 2),
                    bbox=[0., 0., size, size],
                    iscrowd=int(rng.uniform() < .1)))
            for _ in range(rng.integers(0, 3)):
                found = pose.copy()
                found[:, :2] += rng.normal(0, size / 20, (5, 2))
                found[:, 2] = rng.uniform(0, 1) * (rng.uniform() > .1)
                results.append(
                    dict(
                        image_id=image_id,
                        category_id=1,
                        keypoints=found.ravel().tolist(),
                        score=float(rng.integers(0, 6)) / 5))
    return dict(
        images=images,
        annotations=people,
        categories=[dict(id=1, name='person')]), results


def evaluate(folder: Path) -> Dict[str, Any]:
    """Statistics of the ``xtcocotools`` that is imported."""
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval
    found = {}
    for seed in range(3):
        annotations, results = annotations_and_results(seed)
        path = folder / 'annotations.json'
        path.write_text(json.dumps(annotations))
        for kind in ('keypoints', 'keypoints_crowd'):
            for use_area in (True, False):
                with contextlib.redirect_stdout(io.StringIO()):
                    truth = COCO(str(path))
                    evaluation = COCOeval(
                        truth, truth.loadRes(copy.deepcopy(results)), kind,
                        SIGMAS, use_area)
                    evaluation.evaluate()
                    evaluation.accumulate()
                    evaluation.summarize()
                found[f'{seed} {kind} {use_area}'] = [
                    float(value) for value in evaluation.stats
                ]
    return found


if __name__ == '__main__':
    import tempfile
    out = Path(sys.argv[1])
    (out / 'mmcv_nms.json').write_text(json.dumps(run_nms()) + '\n')
    with tempfile.TemporaryDirectory() as folder:
        (out / 'xtcocotools_evaluation.json').write_text(
            json.dumps(evaluate(Path(folder)), indent=1) + '\n')
