"""The paper's figures from files."""
import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from ..diagnosis import compare_results
from ..formats.as_results import read_as_results
from ..formats.coco import read_annotations
from ..images.image_finder import ImageFinder
from ..images.image_source import ImageProblem, ImageSource
from ..inference import PosePredictor
from ..structures.image_ref import ImageRef
from ..structures.people import AnnotatedPeople, load_people
from ..structures.pose_records import parse_pose_record
from ..structures.skeletons import load_skeleton
from ..visualization.figures import (
    error_frequency_figure,
    input_poses_figure,
    joint_change_figure,
    network_maps_figure,
    oks_change_figure,
    synthesized_errors_figure,
    trace_network,
    training_samples,
    typical_pose,
)


def errors_figure(ann: str | Path,
                  img_dir: str | Path,
                  *,
                  annotation_id: int | None = None,
                  skeleton: str | None = None,
                  draws: int = 40,
                  seed: int = 0) -> Figure:
    """Show each synthesized error on a photo (figure 3 of the paper).

    Args:
        ann (str | Path): COCO annotations.
        img_dir (str | Path): Folder of the images.
        annotation_id (int, optional): Whose joints. Defaults to a person with
            many annotated joints and, if possible, somebody near.
        skeleton (str, optional): See
            :func:`~posefix_mm.structures.skeletons.load_skeleton`. Defaults
            to COCO's.
        draws (int): Positions shown for each joint. Defaults to 40.
        seed (int): Defaults to 0.

    Raises:
        FileNotFoundError: If a file does not exist.
        LookupError: If the image is not found or can't be used.
        ValueError: If the annotations are malformed or lack the person, or
            ``draws`` is not positive.
    """
    if draws < 1:
        raise ValueError(f'draws must be at least 1, got {draws}')
    metainfo = load_skeleton(skeleton)
    content = read_annotations(ann)
    people = load_people(content, metainfo['num_keypoints'], area='bbox')
    index = _choose_person(people, annotation_id, ann)
    source = ImageSource(ImageFinder(img_dir, content['images']))
    image = _load_image(source, people.image_id[index])
    rows = [index, *people.near[index]]
    return synthesized_errors_figure(
        image[..., ::-1],
        people.keypoints[rows],
        people.visible[rows],
        people.band_area[index],
        metainfo,
        draws=draws,
        seed=seed)


def _choose_person(people: AnnotatedPeople, annotation_id: int | None,
                   ann: str | Path) -> int:
    """Find a person by id, or one that shows most."""
    if annotation_id is not None:
        if annotation_id not in people.annotation_id:
            raise ValueError(f'{ann} has no person {annotation_id} with '
                             'annotated keypoints')
        return people.annotation_id.index(annotation_id)
    # somebody near, so that swaps are possible; then joints, then size
    order = np.lexsort((people.area, people.visible.sum(1), people.num_overlap
                        > 0))
    return int(order[-1])


def _load_image(source: ImageSource, image_id: int | str) -> np.ndarray:
    """Load an image, or a frame of a video, as BGR."""
    try:
        return source.load(ImageRef(image_id=image_id))
    except ImageProblem as error:
        raise LookupError(str(error)) from error


def inputs_figure(config: str | Path,
                  *,
                  samples: int = 12,
                  seed: int = 0,
                  cfg_options: dict | None = None) -> Figure:
    """Show input poses as training draws them (figure 4 of the paper).

    Args:
        config (str | Path): A refiner's config; its training data set is
            read from where the config says.
        samples (int): Samples to draw. Defaults to 12.
        seed (int): Of all that is random. Defaults to 0.
        cfg_options (dict, optional): Changes of the config.

    Raises:
        FileNotFoundError: If the config or the data do not exist.
        ValueError: If the config is not a refiner's, or ``samples`` is not
            positive.
    """
    if samples < 1:
        raise ValueError(f'samples must be at least 1, got {samples}')
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(cfg_options or {})
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    if 'train_dataloader' not in cfg:
        raise ValueError(f'{config} has no train_dataloader')
    with contextlib.redirect_stdout(io.StringIO()):  # xtcocotools prints
        dataset = DATASETS.build(cfg.train_dataloader.dataset)
    return input_poses_figure(
        training_samples(dataset, samples, seed), dataset.metainfo)


def network_figure(poses: str | Path,
                   img_dir: str | Path,
                   *,
                   config: str | Path | None = None,
                   checkpoint: str | None = None,
                   ann: str | Path | None = None,
                   record: int = 0,
                   device: str = 'cpu',
                   **reading: Any) -> Figure:
    """Show a pose's way through the network (figure 5 of the paper).

    Args:
        poses (str | Path): COCO results, or poses of any format.
        img_dir (str | Path): Folder of the images.
        config (str | Path, optional): As of
            :class:`~posefix_mm.inference.PosePredictor`.
        checkpoint (str, optional): As there.
        ann (str | Path, optional): COCO file with the names of the images.
        record (int): Which record of ``poses``. Defaults to the first.
        device (str): Defaults to ``'cpu'``.
        **reading: ``format`` and ``joint_map``, see
            :func:`posefix_mm.formats.open_pose_file`.

    Raises:
        FileNotFoundError: If a file does not exist.
        LookupError: If the image is not found or can't be used.
        ValueError: If there is no such record, or it can't be refined.
    """
    predictor = PosePredictor(config, checkpoint, device=device)
    source = ImageSource(ImageFinder(
        img_dir, None if ann is None else read_annotations(ann)['images']))
    records = [
        parse_pose_record(index, raw, predictor.num_keypoints,
                          predictor.categories)
        for index, raw in enumerate(
            read_as_results(poses, predictor.metainfo,
                            image_size=source.size_or_none, **reading))]
    if not 0 <= record < len(records):
        raise ValueError(f'{poses} has no record {record}; it holds '
                         f'{len(records)}')
    chosen = records[record]
    if chosen.problem is not None:
        raise ValueError(f'record {record} of {poses} is not refined: '
                         f'{chosen.problem}')
    image = _load_image(source, chosen.image_id)
    trace = trace_network(predictor, image, chosen)
    return network_maps_figure(trace, predictor.metainfo)


#: Figures of poses before and after refinement.
COMPARISONS: tuple[str, ...] = ('oks', 'status', 'joints')


def comparison_figure(kind: str,
                      before: str | Path,
                      after: str | Path,
                      ann: str | Path,
                      *,
                      skeleton: str | None = None,
                      **reading: Any) -> Figure:
    """Show what refinement did (figures 7 and 8 of the paper, and joints).

    Args:
        kind (str): ``'oks'``, ``'status'`` or ``'joints'``.
        before (str | Path): The input poses, COCO results or any format.
        after (str | Path): The same after refinement.
        ann (str | Path): COCO annotations.
        skeleton (str, optional): See
            :func:`~posefix_mm.diagnosis.load_skeleton`. Defaults to COCO's.
        **reading: ``format`` and ``joint_map``, see
            :func:`posefix_mm.formats.open_pose_file`.

    Returns:
        Figure: The figure.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If ``kind`` is another one, a file is malformed, or there
            are no annotated keypoints.
    """
    if kind not in COMPARISONS:
        raise ValueError(f'kind must be one of {COMPARISONS}, got {kind!r}')
    metainfo = load_skeleton(skeleton)
    truth = compare_results(before, after, metainfo,
                            read_annotations(ann), **reading).truth
    if truth is None:
        raise ValueError(f'{ann} has no annotated keypoints to compare the '
                         'poses with')
    if kind == 'oks':
        return oks_change_figure(*truth.paired_oks())
    if kind == 'status':
        return error_frequency_figure(*truth.frequencies())
    mean_before, mean_after = truth.mean_ks()
    return joint_change_figure(
        mean_after - mean_before,
        typical_pose(truth.people.keypoints, truth.people.visible),
        list(metainfo['keypoint_id2name'].values()),
        metainfo['skeleton_links'])
