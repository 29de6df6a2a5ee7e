"""Stand-in for ``mmcv._ext``, the compiled operators of mmcv.

Found as ``mmcv._ext`` where mmcv comes without it. Non-maximum suppression,
which detectors need, is here in PyTorch, with the results of mmcv's own; every
other operator exists, as ``mmcv.ops`` wants when it is imported, and fails
when it is called.
"""
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# Boxes that are compared with each other at once; bounds the memory.
_BLOCK = 512


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float,
        offset: int) -> Tensor:
    """Drop boxes whose IoU with a better one is above the threshold.

    Of boxes (x1, y1, x2, y2), (N, 4), and scores (N, ); ``offset``, 0 or 1,
    is added to widths and heights. Indices of those that stay, best first.
    """
    order = scores.sort(0, descending=True)[1]
    boxes = boxes[order]
    kept = boxes[:0]
    places = []
    for start in range(0, len(boxes), _BLOCK):
        block = boxes[start:start + _BLOCK]
        beaten = (_iou(kept, block, offset) > iou_threshold).any(0)
        block = block[~beaten]
        stays = _greedy(_iou(block, block, offset) > iou_threshold)
        kept = torch.cat([kept, block[stays]])
        places.append(start + torch.nonzero(~beaten).flatten()[stays])
    return order[torch.cat(places)] if places else order


def softnms(boxes: Tensor, scores: Tensor, dets: Tensor, iou_threshold: float,
            sigma: float, min_score: float, method: int,
            offset: int) -> Tensor:
    """Soft non-maximum suppression of boxes (N, 4) with scores (N, ).

    New scores are by method 0: dropped, 1: less by the IoU, 2: by a Gaussian
    of it of width ``sigma``; below ``min_score`` boxes are dropped. The first
    M rows of ``dets``, (N, 5), become boxes and new scores. Indices of the M
    that stay come back, best first.
    """
    rows = torch.cat([boxes, scores[:, None]], 1)
    indices = torch.arange(len(rows))
    done = 0
    while done < len(rows):
        best = done + int(rows[done:, 4].argmax())
        for values in (rows, indices):
            values[[done, best]] = values[[best, done]]
        done += 1
        rest = rows[done:]
        iou = _iou(rows[done - 1:done, :4], rest[:, :4], offset)[0]
        if method == 2:
            rest[:, 4] *= torch.exp(-iou * iou / sigma)
        else:
            weight = 1 - iou if method == 1 else torch.zeros_like(iou)
            rest[:, 4] *= torch.where(iou >= iou_threshold, weight, 1)
        places = _fill_gaps(rows[:, 4] >= min_score, done)
        rows, indices = rows[places], indices[places]
    dets[:len(rows)] = rows
    return indices


def _iou(first: Tensor, second: Tensor, offset: int) -> Tensor:
    """IoU of boxes (N, 4) and (M, 4), in mmcv's arithmetic: (N, M)."""
    areas = [(boxes[:, 2:] - boxes[:, :2] + offset).prod(1)
             for boxes in (first, second)]
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    inter = (high - low + offset).clamp(min=0).prod(2)
    return inter / (areas[0][:, None] + areas[1] - inter)


def _greedy(beats: Tensor) -> Tensor:
    """Tell which boxes, best first, are beaten by none that stays.

    ``beats`` tells row by column which boxes overlap, bool (N, N).
    """
    beats = beats.triu(1)
    stays = beats.new_ones(len(beats))
    while True:  # each turn settles at least one box more, mostly all
        settled = ~beats[stays].any(0)
        if torch.equal(settled, stays):
            return stays
        stays = settled


def _fill_gaps(good: Tensor, done: int) -> Tensor:
    """Order what is left as mmcv does, which decides between equal scores.

    Each box that is not good, (N, ), gives its place to the last one that is
    left; the first ``done`` stay. Old places, int64 (M, ).
    """
    good[:done] = True
    places = torch.arange(int(good.sum()))
    gaps = torch.nonzero(~good[:len(places)]).flatten()
    moved = torch.nonzero(good[len(places):]).flatten() + len(places)
    places[gaps] = moved.flip(0)
    return places


def get_compiler_version() -> str:
    """Compiler, as ``mmcv.ops`` reports it."""
    return 'n/a'


def get_compiling_cuda_version() -> str:
    """CUDA compiler, as ``mmcv.ops`` reports it."""
    return 'n/a'


def __getattr__(name: str) -> Callable:
    """Make any other operator: a function that fails with a remedy."""
    if name.startswith('__'):
        raise AttributeError(name)

    def operator(*args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            f"mmcv's operator {name} needs compiled operators, which this "
            'environment lacks: run `make setup OPS=1` in the checkout of '
            'posefix_mm, or install a wheel of mmcv that has them in place '
            'of mmcv-lite')

    operator.__name__ = name
    return operator
