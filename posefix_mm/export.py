"""Export a refiner: from image crop and input pose to coordinates."""
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor, nn

from ._compat import import_optional
from .fileio import atomic_write
from .inference.backends import RefinerNetwork
from .inference.engines import (
    MIN_ONNXRUNTIME,
    MIN_OPSET,
    start_onnxruntime,
    to_onnx,
)
from .inference.predictor import open_refiner
from .version import __version__

if TYPE_CHECKING:
    import onnx

#: Names of the inputs and of the outputs of an exported refiner.
INPUTS = ('images', 'input_pose', 'input_pose_visible')
OUTPUTS = ('keypoints', 'confidences', 'pose_scores')
#: How far coordinates of an exported refiner may be from PyTorch's, in pixels
#: of the input.
TOLERANCE = 1e-3


class ExportableRefiner(nn.Module):
    """All that an exported refiner does.

    Keypoints that the model never learnt come out as they went in; those that
    the data set does not annotate are never shown to the network. Batch norms
    are folded into the convolutions, in place.

    Raises:
        ValueError: If the model's head does not work on tensors alone.
    """

    def __init__(self,
                 model: nn.Module,
                 flip_indices: Sequence[int] | None = None,
                 annotated: bool | np.ndarray = True) -> None:
        if not hasattr(model.head, 'locate'):
            raise ValueError('only refiners with a PoseFixHead are exported, '
                             f'got a {type(model.head).__name__}')
        super().__init__()
        self.model = RefinerNetwork(model).model
        self.flip_indices = None if flip_indices is None else list(
            flip_indices)
        unlearnt = torch.zeros(model.num_keypoints, dtype=torch.bool)
        unlearnt[model.passthrough_keypoints] = True
        self.register_buffer('unlearnt', unlearnt, persistent=False)
        self.all_shown = bool(np.all(annotated))
        self.register_buffer(
            'shown', torch.as_tensor(annotated).float(), persistent=False)
        self.training = False

    def example_inputs(self, batch_size: int, seed: int = 0) -> tuple:
        """Draw N crops and poses, some keypoints absent and not a number."""
        rng = torch.Generator().manual_seed(seed)
        width, height = map(int, self.model.head.decoder.input_size)
        shape = batch_size, len(self.unlearnt)
        # smooth images: noise from pixel to pixel is like no photo
        coarse = torch.rand((batch_size, 3, 8, 6), generator=rng) * 255
        images = nn.functional.interpolate(
            coarse, (height, width), mode='bilinear')
        pose = torch.rand((*shape, 2), generator=rng)
        pose = pose * torch.tensor([width, height])
        visible = (torch.rand(shape, generator=rng) < .8).float()
        pose[(visible == 0) & ~self.unlearnt] = float('nan')
        images = images.permute(0, 2, 3, 1).to(torch.uint8).contiguous()
        return images, pose, visible

    def forward(self, images: Tensor, input_pose: Tensor,
                input_pose_visible: Tensor) -> tuple[Tensor, ...]:
        """Refine crops (N, h, w, 3), else as :meth:`PoseRefiner.refine`."""
        if not self.all_shown:
            input_pose_visible = input_pose_visible * self.shown
        keypoints, *scores = self.model.refine(
            images.permute(0, 3, 1, 2), input_pose, input_pose_visible,
            self.flip_indices)
        if self.model.passthrough_keypoints:
            keypoints = torch.where(self.unlearnt[:, None], input_pose,
                                    keypoints)
        return keypoints, *scores


def load_exportable(config: str | Path | Config | None = None,
                    checkpoint: str | None = None,
                    *,
                    flip_test: bool = True,
                    cfg_options: dict | None = None
                    ) -> tuple[ExportableRefiner, dict]:
    """Load a refiner to be exported.

    Arguments are those of :class:`posefix_mm.inference.PosePredictor`.

    Returns:
        tuple: The refiner, and the metadata of its ONNX model: strings by
        name.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If the config is not a refiner's, or it can't be exported.
    """
    loaded = open_refiner(config, checkpoint, cfg_options=cfg_options)
    skeleton = loaded.dataset.metainfo
    refiner = ExportableRefiner(
        loaded.model, skeleton['flip_indices'] if flip_test else None,
        loaded.dataset.annotated)
    names = skeleton['keypoint_id2name']
    metadata = dict(
        posefix_mm_version=__version__,
        model=Path(loaded.cfg.filename or 'refiner').stem,
        input_size=json.dumps(
            [int(side) for side in loaded.model.head.decoder.input_size]),
        image_format='BGR, uint8, NHWC',
        flip_test=json.dumps(flip_test),
        keypoint_names=json.dumps([names[i] for i in range(len(names))]))
    return refiner, metadata


def refiner_to_onnx(refiner: ExportableRefiner,
                    metadata: dict,
                    *,
                    opset: int = MIN_OPSET) -> 'onnx.ModelProto':
    """Convert a refiner to one graph, from :data:`INPUTS` to :data:`OUTPUTS`.

    The last output is there if the refiner predicts it; N is dynamic.
    ``metadata`` are strings by name.

    Raises:
        ImportError: If what exports is not installed.
        ValueError: If there is no such opset.
    """
    onnx = import_optional('onnx', 'onnx')
    examples = dict(zip(INPUTS, refiner.example_inputs(2), strict=True))
    outputs = OUTPUTS[:2 + (refiner.model.head.quality is not None)]
    model = to_onnx(refiner, examples, outputs, opset=opset)
    model.producer_name, model.producer_version = 'posefix_mm', __version__
    onnx.helper.set_model_props(
        model, dict(metadata, onnxruntime=needed_onnxruntime(opset)))
    onnx.checker.check_model(model)
    return model


def needed_onnxruntime(opset: int) -> str:
    """Name the ONNX Runtime that a model of an opset needs."""
    if opset == MIN_OPSET:
        return f'onnxruntime >= {MIN_ONNXRUNTIME}'
    return f'an onnxruntime that knows opset {opset}'


def export_refiner(config: str | Path | Config | None,
                   checkpoint: str | None,
                   out: str | Path,
                   *,
                   opset: int = MIN_OPSET,
                   **options) -> ExportableRefiner:
    """Write a refiner as an ONNX model.

    Args:
        config (str | Path | Config | None): As of
            :class:`posefix_mm.inference.PosePredictor`.
        checkpoint (str | None): As there.
        out (str | Path): The file, which appears as a whole or not at all.
        opset (int): Version of ONNX's operators. Defaults to 18.
        **options: ``flip_test`` and ``cfg_options``, as there.

    Returns:
        ExportableRefiner: What was exported.

    Raises:
        FileNotFoundError: If a file does not exist.
        ImportError: If what exports is not installed.
        ValueError: If the refiner can't be exported, or there is no such
            opset.
    """
    refiner, metadata = load_exportable(config, checkpoint, **options)
    model = refiner_to_onnx(refiner, metadata, opset=opset)
    with atomic_write(out) as file:
        file.write(model.SerializeToString())
    return refiner


def largest_difference(path: str | Path, refiner: ExportableRefiner) -> float:
    """Run random crops through ONNX Runtime and through PyTorch.

    Largest difference between coordinates, in input pixels, of batches of 1,
    2 and 5.

    Raises:
        ImportError: If ONNX Runtime is not installed.
    """
    session = start_onnxruntime(str(path))
    differences = []
    for batch_size in (1, 2, 5):
        inputs = refiner.example_inputs(batch_size, seed=batch_size)
        with torch.inference_mode():
            expected = refiner(*inputs)[0].numpy()
        arrays = (tensor.numpy() for tensor in inputs)
        keypoints, = session.run(['keypoints'],
                                 dict(zip(INPUTS, arrays, strict=True)))
        differences.append(np.abs(keypoints - expected).max())
    return float(max(differences))
