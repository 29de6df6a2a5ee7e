"""Figures 3 and 4 of the paper: the errors that refiners train on."""
import copy
from collections.abc import Sequence
from functools import reduce

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mmengine.dataset import BaseDataset

from ...datasets.transforms import SynthesizePoseError
from ...datasets.transforms.error_synthesis import (
    ErrorSynthesizer,
    SynthesizedPose,
)
from ...structures.oks import ABSENT, ERROR_TYPES
from .drawing import (
    ERROR_COLORS,
    crop_photo,
    draw_pose,
    show_photo,
    status_colors,
)


def draw_only(error: int, sigmas: Sequence[float], flip_indices: Sequence[int],
              poses: np.ndarray, visible: np.ndarray, area: float, *,
              draws: int, seed: int = 0) -> SynthesizedPose:
    """Draw wrong poses of which every joint has one error.

    Args:
        error (int): Index into ``ERROR_TYPES``.
        sigmas (Sequence[float]): COCO-style sigmas, (K, ).
        flip_indices (Sequence[int]): (K, ).
        poses (np.ndarray): The person and P near persons, (1 + P, K, 2).
        visible (np.ndarray): (1 + P, K).
        area (float): Area of the person's box in the same units.
        draws (int): Poses to draw; joints are absent where this error is not
            possible.
        seed (int): Of all that is random.
    """
    num_keypoints = len(sigmas)
    probabilities = np.zeros((num_keypoints + 1, 1, 5, num_keypoints))
    probabilities[:, :, error] = 1
    return ErrorSynthesizer(sigmas, flip_indices, probabilities)(
        np.random.default_rng([seed, error]),
        np.repeat(poses[None].astype(np.float64), draws, 0),
        np.repeat(visible[None] > 0, draws, 0), np.full(draws, area))


def synthesized_errors_figure(image: np.ndarray, poses: np.ndarray,
                              visible: np.ndarray, area: float,
                              metainfo: dict, *, draws: int = 40,
                              seed: int = 0) -> Figure:
    """Show where each error of section 3.2 may put the joints of a person.

    The annotation, then one panel for each of ``ERROR_TYPES``: the first wrong
    pose as a skeleton and all drawn positions as dots.

    Args:
        image (np.ndarray): RGB, uint8 (H, W, 3).
        poses (np.ndarray): The annotated person and P near persons in image
            pixels, (1 + P, K, 2).
        visible (np.ndarray): Above 0 where annotated, (1 + P, K).
        area (float): Area of the person's box in squared image pixels.
        metainfo (dict): Skeleton.
        draws (int): Positions shown for each joint.
        seed (int): Of these.
    """
    drawn = [
        draw_only(error, metainfo['sigmas'], metainfo['flip_indices'], poses,
                  visible, area, draws=draws, seed=seed)
        for error in range(len(ERROR_TYPES))]
    # the extent of the person, and what most of the drawn positions need
    person = poses[0][visible[0] > 0]
    points = np.concatenate([p.keypoints[p.visible] for p in drawn] + [person])
    extent = np.percentile(points, (3, 97), axis=0)
    crop = crop_photo(
        image, np.concatenate([person, extent]), pad=.08, max_side=700)
    height, width = crop.image.shape[:2]
    figure = Figure(
        figsize=(6.9, 2.45 * 2 * height / width), layout='constrained')
    panels = figure.subplots(2, 3).ravel()
    show_photo(panels[0], crop.image, 'annotation')
    draw_pose(panels[0], crop.transform(poses[0]), visible[0],
              metainfo['skeleton_links'], joint_colors='white')
    for axes, name, pose in zip(panels[1:], ERROR_TYPES, drawn, strict=True):
        show_photo(axes, crop.image, name)
        _draw_errors(axes,
                     pose._replace(keypoints=crop.transform(pose.keypoints)),
                     metainfo, ERROR_COLORS[name])
    return figure


def _draw_errors(axes: Axes, pose: SynthesizedPose, metainfo: dict,
                 color: str) -> None:
    """Dots for all drawn positions, a skeleton for the first pose."""
    present = pose.status != ABSENT
    if not present.any():
        axes.text(.5, .04, 'not possible here: nobody near', ha='center',
                  transform=axes.transAxes, fontsize=7, color='white',
                  bbox=dict(facecolor='black', alpha=.7, linewidth=0))
        return
    axes.scatter(*pose.keypoints[present].T, s=2.5, c=color, alpha=.55,
                 linewidths=0, zorder=1.5)
    draw_pose(axes, pose.keypoints[0], pose.visible[0],
              metainfo['skeleton_links'], joint_colors=color)


def training_samples(dataset: BaseDataset, count: int,
                     seed: int = 0) -> list[dict]:
    """Draw samples as training does, up to the input pose.

    Args:
        dataset (BaseDataset): A refiner's training data set.
        count (int): Samples to draw, of different persons as long as there are
            enough.
        seed (int): Of the choice of persons, and of all augmentation.

    Returns:
        list[dict]: Result dicts as :class:`SynthesizePoseError` leaves them,
        their ``img`` being the crop.

    Raises:
        ValueError: If the pipeline does not synthesize input poses, or the
            data set is empty.
    """
    # copies, for transforms may keep generators of their own
    steps = copy.deepcopy(dataset.pipeline.transforms)
    last = next((i for i, step in enumerate(steps)
                 if isinstance(step, SynthesizePoseError)), None)
    if last is None:
        raise ValueError('the training pipeline has no SynthesizePoseError; '
                         "name a refiner's config")
    dataset.full_init()
    if not len(dataset):
        raise ValueError('the training data set is empty')
    chosen = np.random.default_rng(seed).permutation(len(dataset))[:count]
    state = np.random.get_state()
    np.random.seed(seed)  # what mmpose's transforms draw from
    try:
        return [
            reduce(lambda sample, step: step(sample), steps[:last + 1],
                   dataset.get_data_info(int(index))) for index in chosen]
    finally:
        np.random.set_state(state)


def input_poses_figure(samples: Sequence[dict], metainfo: dict) -> Figure:
    """Show crops and their synthesized input poses, coloured by error.

    The samples are of :func:`training_samples`, one panel each.
    """
    columns = min(len(samples), 6)
    rows = -(-len(samples) // columns)
    height, width = samples[0]['img'].shape[:2]
    figure = Figure(figsize=(1.6 * columns, 1.6 * rows * height / width + .3),
                    layout='constrained')
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(samples):]:
        axes.set_axis_off()
    for axes, sample in zip(panels, samples, strict=False):
        show_photo(axes, sample['img'][..., ::-1])
        colors = status_colors(sample['input_pose_status'][0],
                               len(metainfo['sigmas']))
        draw_pose(axes, sample['input_pose'][0],
                  sample['input_pose_visible'][0], metainfo['skeleton_links'],
                  joint_colors=colors, size=.8)
    figure.legend(
        handles=[Line2D([], [], marker='o', linestyle='', color=color,
                        markeredgecolor='black', label=name)
                 for name, color in ERROR_COLORS.items()],
        loc='outside lower center', ncols=len(ERROR_TYPES), frameon=False,
        fontsize=8)
    return figure
