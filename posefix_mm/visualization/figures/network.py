"""Figure 5 of the paper: feature maps and heatmaps through the network."""
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from ...inference import PosePredictor
from ...structures.pose_records import PoseArrays, PoseRecord
from .drawing import draw_pose, show_photo

_COLUMNS = 9


class NetworkTrace(NamedTuple):
    """What a network makes of one crop, (h, w), and K keypoints."""

    image: np.ndarray  #: The crop, RGB, uint8 (h, w, 3)
    input_pose: np.ndarray  #: Input pixels, (K, 2)
    visible: np.ndarray  #: Above 0 where present, (K, )
    pose_maps: np.ndarray  #: The rendered input pose, (K, h, w)
    #: Names and mean absolute activations, (h', w') each, from the input to
    #: the head.
    features: list[tuple[str, np.ndarray]]
    heatmaps: np.ndarray  #: Softmax maps, (K, H, W)
    #: Refined, input pixels, (K, 2); as they came where the model has not
    #: learnt them.
    keypoints: np.ndarray
    learnt: np.ndarray  #: Which keypoints the model has learnt, bool (K, )


@torch.no_grad()
def trace_network(predictor: PosePredictor, image: np.ndarray,
                  record: PoseRecord) -> NetworkTrace:
    """Run a refiner on one pose and keep what it computes on the way.

    The image is BGR, uint8 (H, W, 3), and the record has no ``problem``.
    """
    model = predictor.model
    crops = predictor.crop(image, PoseArrays(
        record.keypoints[None], record.visible[None],
        record.keypoint_scores[None]))
    device = next(model.parameters()).device
    images, pose, visible = (
        torch.from_numpy(array).to(device)
        for array in (crops.images.transpose(0, 3, 1, 2), crops.input_pose,
                      crops.input_pose_visible))
    inputs = model.add_maps(model.normalize(images), pose, visible)
    feats, features = _backbone_features(model, inputs)
    head_input = feats[model.head.in_index]
    if model.with_neck:
        features.append(('neck', _activity(head_input)))
    if not isinstance(model.head.deconv_layers, nn.Identity):
        features.append(
            ('deconvolved', _activity(model.head.deconv_layers(head_input))))
    located = model.head.locate(
        model.head.compute_maps(feats), input_pose=(pose, visible))
    keypoints = located.coords.cpu().numpy() * np.asarray(
        model.head.decoder.scale_factor)
    learnt = np.ones(keypoints.shape[1], bool)
    learnt[model.passthrough_keypoints] = False
    return NetworkTrace(
        np.ascontiguousarray(crops.images[0][..., ::-1]), crops.input_pose[0],
        crops.input_pose_visible[0], inputs[0, 3:].cpu().numpy(), features,
        located.heatmaps[0].cpu().numpy(),
        predictor.keep_unlearnt(keypoints, crops.input_pose)[0], learnt)


def _backbone_features(model: nn.Module, inputs: Tensor) -> tuple[tuple, list]:
    """Features, and the last activity of every resolution, finest first."""
    by_size: dict[tuple, np.ndarray] = {}

    def keep(module: nn.Module, args: tuple, output: object) -> None:
        # squeeze-and-excitation works on maps of a single place
        if isinstance(output, Tensor) and output.ndim == 4 \
                and min(output.shape[-2:]) > 1:
            by_size[tuple(output.shape[-2:])] = _activity(output)

    handles = [module.register_forward_hook(keep)
               for module in model.backbone.modules()
               if module is not model.backbone]
    try:
        feats = model.extract_feat(inputs)
    finally:
        for handle in handles:
            handle.remove()
    # widths are rounded, strides are powers of two
    return feats, [
        (f'backbone 1/{2**round(np.log2(inputs.shape[-1] / width))}', maps)
        for (_, width), maps in by_size.items()]


def _activity(maps: Tensor) -> np.ndarray:
    """Mean absolute activation of the first sample, (h, w)."""
    return maps[0].abs().mean(0).float().cpu().numpy()


def network_maps_figure(trace: NetworkTrace, metainfo: dict) -> Figure:
    """Show a crop on its way through the network.

    Above: input pose, its maps, mean absolute activations and refined pose;
    below: the heatmap of each keypoint that the model has learnt.
    """
    learnt = np.flatnonzero(trace.learnt).tolist()
    top = len(trace.features) + 4
    rows = -(-len(learnt) // _COLUMNS)
    height, width = trace.image.shape[:2]
    heights = 10 / top, rows * 10 / _COLUMNS
    figure = Figure(figsize=(10, sum(heights) * height / width + .7),
                    layout='constrained')
    upper, lower = figure.subfigures(2, 1, height_ratios=heights)
    panels = upper.subplots(1, top)
    _show_pose(panels[0], trace, trace.input_pose, metainfo, 'input pose')
    _show_map(panels[1], trace.pose_maps.max(0), 'its maps')
    for axes, (name, maps) in zip(panels[2:], trace.features, strict=False):
        _show_map(axes, maps, name)
    _show_map(panels[-2], trace.heatmaps[learnt].max(0)**.5, 'heatmaps')
    _show_pose(panels[-1], trace, trace.keypoints, metainfo, 'refined')
    grid = lower.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in grid[len(learnt):]:
        axes.set_axis_off()
    for axes, joint in zip(grid, learnt, strict=False):
        # the root shows what little mass lies beside the peak
        _show_map(axes, trace.heatmaps[joint]**.5,
                  metainfo['keypoint_id2name'][joint].replace('_', ' '))
    return figure


def _show_map(axes: Axes, values: np.ndarray, title: str) -> None:
    axes.imshow(values, cmap='magma', aspect='equal')
    axes.set_axis_off()
    axes.set_title(title, fontsize=7)


def _show_pose(axes: Axes, trace: NetworkTrace, pose: np.ndarray,
               metainfo: dict, title: str) -> None:
    show_photo(axes, trace.image)
    axes.set_title(title, fontsize=7)
    draw_pose(axes, pose, trace.visible, metainfo['skeleton_links'],
              joint_colors='#f0e442', size=.6)
