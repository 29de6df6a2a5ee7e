"""Figure 4 of the paper: the input poses that a refiner is trained with."""
import copy
from typing import List, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mmengine.dataset import BaseDataset

from ..datasets.transforms import SynthesizePoseError
from ..datasets.transforms.error_synthesis import ERROR_TYPES
from .error_colors import ERROR_COLORS
from .pose_drawing import draw_pose, show_photo, status_colors


def training_samples(dataset: BaseDataset,
                     count: int,
                     seed: int = 0) -> List[dict]:
    """Draw samples as training does, up to the input pose.

    Args:
        dataset (BaseDataset): A refiner's training data set.
        count (int): Samples to draw, of different persons as long as there
            are enough.
        seed (int): Of the choice of persons, and of all augmentation.

    Returns:
        List[dict]: Result dicts as :class:`SynthesizePoseError` leaves them,
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
    rng = np.random.default_rng(seed)
    state = np.random.get_state()
    np.random.seed(seed)  # what mmpose's transforms draw from
    try:
        chosen = rng.permutation(len(dataset))[:count]
        return [
            _run(dataset.get_data_info(int(i)), steps[:last + 1])
            for i in chosen
        ]
    finally:
        np.random.set_state(state)


def _run(results: dict, steps: Sequence) -> dict:
    for step in steps:
        results = step(results)
    return results


def input_poses_figure(samples: Sequence[dict], metainfo: dict) -> Figure:
    """Show crops and their synthesized input poses.

    Args:
        samples (Sequence[dict]): Of :func:`training_samples`; images are BGR.
        metainfo (dict): Skeleton.

    Returns:
        Figure: One panel for each sample; the colour of a joint is its error.
    """
    columns = min(len(samples), 6)
    rows = -(-len(samples) // columns)
    height, width = samples[0]['img'].shape[:2]
    figure = Figure(
        figsize=(1.6 * columns, 1.6 * rows * height / width + .3),
        layout='constrained')
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, sample in zip(panels, samples, strict=False):
        show_photo(axes, sample['img'][..., ::-1])
        draw_pose(
            axes,
            sample['input_pose'][0],
            sample['input_pose_visible'][0],
            metainfo['skeleton_links'],
            joint_colors=status_colors(sample['input_pose_status'][0],
                                       len(metainfo['sigmas'])),
            size=.8)
    figure.legend(
        handles=[
            Line2D([], [],
                   marker='o',
                   linestyle='',
                   markeredgecolor='black',
                   color=ERROR_COLORS[name],
                   label=name) for name in ERROR_TYPES
        ],
        loc='outside lower center',
        ncols=len(ERROR_TYPES),
        frameon=False,
        fontsize=8)
    return figure
