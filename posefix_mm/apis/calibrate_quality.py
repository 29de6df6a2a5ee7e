"""Make predicted similarities honest on photos that nothing was trained on."""
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch import Tensor
from torch.nn import functional as F

from ..fileio import atomic_write
from ..inference.backends import RefinerNetwork
from ..inference.predictor import load_refiner_config, open_refiner

# Rows and columns of ``PoseQuality.slope``.
_ROWS, _COLUMNS = ('keypoints', 'poses'), ('input', 'refined')
_BINS = 10


def calibrate_quality(config: str | Path | Config, checkpoint: str | Path,
                      out: str | Path) -> dict[str, tuple[float, float]]:
    """Fit slope and offset of a :class:`PoseQuality`.

    With the flip test, and on poses and photos of the config's
    ``calibration_dataloader``. ``out`` becomes the same checkpoint,
    calibrated.

    Returns:
        dict[str, tuple[float, float]]: Calibration error before and after, on
        these photos, by what is predicted, such as ``'refined poses'``.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If the config has no ``calibration_dataloader``, or its
            head predicts nothing.
    """
    cfg = load_refiner_config(config, pretrained=False)
    if 'calibration_dataloader' not in cfg \
            or not cfg.model.head.get('quality'):
        raise ValueError(
            'to be calibrated, a config needs `model.head.quality` and a '
            '`calibration_dataloader`; see '
            'configs/body_2d_keypoint/posefix/photos')
    refiner = open_refiner(cfg, str(checkpoint))
    quality = refiner.model.head.quality
    quality.slope.fill_(1)
    quality.offset.fill_(0)
    samples = _collect(RefinerNetwork(refiner.model),
                       refiner.dataset.metainfo['flip_indices'],
                       Runner.build_dataloader(cfg.calibration_dataloader))
    errors = {}
    for row, what in enumerate(_ROWS):
        for column, whose in enumerate(_COLUMNS):
            logits, true = (part[:, column] for part in samples[row])
            slope, offset = _fit(logits, true)
            quality.slope[row, column] = slope
            quality.offset[row, column] = offset
            errors[f'{whose} {what}'] = tuple(
                calibration_error(predicted.sigmoid().numpy(), true.numpy())
                for predicted in (logits, logits * slope + offset))
    content = torch.load(checkpoint, map_location='cpu', weights_only=True)
    for name in ('slope', 'offset'):
        content['state_dict'][f'head.quality.{name}'] = getattr(quality, name)
    with atomic_write(Path(out)) as file:
        torch.save(content, file)
    return errors


@torch.inference_mode()
def _collect(network: RefinerNetwork, flip_indices: list[int],
             loader) -> tuple[tuple[Tensor, Tensor], ...]:
    """Logits and true similarities, (N, 2), of keypoints, then of poses."""
    model = network.model
    keypoints, poses = [], []
    for batch in loader:
        samples = batch['data_samples']
        labels = [sample.gt_instance_labels for sample in samples]
        pose, visible, weights = (
            torch.cat([label[key] for label in labels])
            for key in ('input_pose', 'input_pose_visible',
                        'keypoint_weights'))
        maps = network(model.prepare(
            torch.stack(batch['inputs']), pose, visible, flip_indices))
        located = model.head.locate(*maps.chunk(2), flip_indices,
                                    (pose, visible))
        true = model.head.true_similarity(located.coords, samples)
        known = weights > 0
        keypoints.append((located.quality.keypoints[known], true[known]))
        oks = (true * known[..., None]).sum(1) / known.sum(1)[:, None]
        annotated = known.any(1)
        poses.append((located.quality.poses[annotated], oks[annotated]))
    return tuple(
        tuple(map(torch.cat, zip(*pairs, strict=True)))
        for pairs in (keypoints, poses))


def _fit(logits: Tensor, true: Tensor) -> tuple[float, float]:
    """Find slope and offset of the least cross-entropy."""
    logits, true = logits.double().clone(), true.double().clone()
    line = torch.tensor([1., 0.], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=100)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(
            logits * line[0] + line[1], true)
        loss.backward()
        return loss

    optimizer.step(closure)
    slope, offset = np.round(line.detach().numpy(), 6)
    return float(slope), float(offset)


def calibration_error(predicted: np.ndarray, true: np.ndarray) -> float:
    """Expected calibration error (ECE) of similarities, both (N, ).

    The mean over the samples of how far the mean prediction of one of ten
    bins of equal width, from 0 to 1, is from its mean truth.
    """
    bins = np.minimum((predicted * _BINS).astype(int), _BINS - 1)
    sums = np.bincount(bins, predicted - true, _BINS)
    return float(np.abs(sums).sum() / max(len(predicted), 1))
