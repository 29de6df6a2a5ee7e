"""Refine the poses of a COCO keypoint results file."""
import copy
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.model.utils import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.evaluation.functional import oks_nms
from mmpose.registry import DATASETS, MODELS
from torch import nn
from torch.utils.data import DataLoader

from ..datasets import PoseResultsDataset
from ..datasets.pose_records import PoseRecord, load_pose_records
from ..evaluation.coco_table import can_evaluate, evaluate_keypoints
from ..fileio import CHECKPOINT_ERRORS, read_json, write_json
from .image_finder import ImageFinder
from .image_poses_dataset import (
    ImagePoses,
    ImagePosesDataset,
    ImageSamples,
    crop_area,
    unwrap,
    use_one_thread,
)
from .overlays import write_overlays
from .progress import track

# The release's threshold (section 8).
NMS_THRESHOLD = 0.9


@dataclass
class RefineSummary:
    """What became of the records.

    Attributes:
        total (int): Records read.
        refined (int): Records refined, those that NMS dropped included.
        dropped (int): Records that OKS-NMS dropped.
        unrefined (Dict[int, str]): Reasons by position of the records that
            came back as they were.
        before (Dict[str, float] | None): COCO statistics of the input, where
            there are annotations.
        after (Dict[str, float] | None): The same of the output.
    """

    total: int = 0
    refined: int = 0
    dropped: int = 0
    unrefined: Dict[int, str] = field(default_factory=dict)
    before: Optional[Dict[str, float]] = None
    after: Optional[Dict[str, float]] = None

    def reasons(self) -> Counter:
        """Count the reasons of records that were not refined."""
        return Counter(self.unrefined.values())


def refine_results(config: Union[str, Path, Config],
                   checkpoint: Optional[str],
                   poses: Union[str, Path],
                   img_dir: Union[str, Path],
                   out: Union[str, Path],
                   *,
                   ann: Union[str, Path, None] = None,
                   device: str = 'cpu',
                   batch_size: int = 32,
                   num_workers: int = 2,
                   flip_test: bool = True,
                   nms: bool = True,
                   show_dir: Union[str, Path, None] = None,
                   show_limit: Optional[int] = None,
                   progress: bool = True,
                   cfg_options: Optional[dict] = None) -> RefineSummary:
    """Refine the poses of a COCO keypoint results file.

    Every record comes back, in order and with all of its fields; only
    ``keypoints`` change. Records that can't be refined come back as they are,
    and only NMS drops any. The file is written at once at the end, so there
    never is a half-written one.

    Args:
        config (str | Path | Config): Config of a :class:`PoseRefiner` whose
            test dataset is a :class:`PoseResultsDataset`.
        checkpoint (str | None): Its weights.
        poses (str | Path): Results file: a list of records with ``image_id``,
            ``keypoints`` (x, y, score of each; image pixels) and ``score``.
        img_dir (str | Path): Folder of the images.
        out (str | Path): Results file to write.
        ann (str | Path, optional): COCO annotations that give the file name
            of each image id, and, where there are any, statistics before and
            after. Without it file names must show the ids.
        device (str): Device of the model. Defaults to ``'cpu'``.
        batch_size (int): Poses refined at once. Defaults to 32.
        num_workers (int): Processes that load and crop. Defaults to 2.
        flip_test (bool): Average with the mirrored image. Defaults to True.
        nms (bool): Drop duplicates by OKS-NMS at 0.9, as the release does.
            Defaults to True.
        show_dir (str | Path, optional): Folder for pictures of each image
            with the input and the refined poses.
        show_limit (int, optional): Make pictures of so many images at most.
            Defaults to all.
        progress (bool): Show a progress bar. Defaults to True.
        cfg_options (dict, optional): Changes of the config.

    Returns:
        RefineSummary: What became of the records.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If ``out`` is the input file, a file is malformed, or the
            config is not a refiner's.
    """
    poses, out = Path(poses), Path(out)
    _check_paths(out, (poses, ann, checkpoint, config), img_dir, show_dir)
    if batch_size < 1:
        raise ValueError(f'batch_size must be at least 1, got {batch_size}')
    if show_limit is not None and show_limit < 0:
        raise ValueError(f'show_limit must not be negative, got {show_limit}')
    # Everything that can be wrong with the files is found before the work
    # starts.
    content = None if ann is None else _load_annotations(ann)
    finder = ImageFinder(img_dir, content and content['images'])
    cfg = _load_config(config, flip_test, cfg_options)
    source = _test_dataset(cfg)
    num_keypoints = source.metainfo['num_keypoints']
    evaluable = content is not None and can_evaluate(content, num_keypoints)
    records = load_pose_records(poses, num_keypoints, source.categories)
    model = _load_model(cfg, checkpoint, device)
    out.parent.mkdir(parents=True, exist_ok=True)

    summary = RefineSummary(total=len(records))
    images = _group_by_image(records, finder, summary)
    loader = DataLoader(
        ImagePosesDataset(images, source),
        batch_size=1,
        collate_fn=unwrap,
        num_workers=min(num_workers, len(images)),
        worker_init_fn=use_one_thread)
    refined, areas = _refine_batches(
        model, track(loader, images, progress), batch_size, summary)
    summary.refined = len(refined)

    kept = set(range(len(records)))
    if nms:
        sigmas = source.metainfo['sigmas']
        dropped = _duplicates(records, refined, areas, sigmas)
        kept -= dropped
        summary.dropped = len(dropped)
    output = [
        _output_record(record, refined.get(record.index)) for record in records
        if record.index in kept
    ]
    write_json(out, output)
    if evaluable:
        raw = [record.raw for record in records]
        summary.before, summary.after = (
            evaluate_keypoints(content, results, source.metainfo['sigmas'])
            for results in (raw, output))
    if show_dir is not None:
        shown = [
            ImagePoses(path, [r for r in group if r.index in kept])
            for path, group in images if group[0].index in refined
        ]
        write_overlays(show_dir, shown[:show_limit], refined, source.metainfo)
    return summary


def _check_paths(out: Path, inputs: Iterable, img_dir: Union[str, Path],
                 show_dir: Union[str, Path, None]) -> None:
    """Refuse to write where something is read."""
    read = {Path(p).resolve() for p in inputs if isinstance(p, (str, Path))}
    if out.resolve() in read:
        raise ValueError(f'the output {out} would overwrite an input file')
    if out.is_dir():
        raise IsADirectoryError(f'the output {out} is a folder')
    if show_dir is not None \
            and Path(show_dir).resolve() == Path(img_dir).resolve():
        raise ValueError(f'the pictures would overwrite the images in '
                         f'{img_dir}; name another folder for them')


def _load_annotations(path: Union[str, Path]) -> dict:
    """Read COCO annotations and check their list of images."""
    content = read_json(path)
    images = content.get('images') if isinstance(content, dict) else None
    if not isinstance(images, list) or not all(
            isinstance(image, dict) and 'file_name' in image
            and isinstance(image.get('id'), (int, str)) for image in images):
        raise ValueError(f'{path} has no list of images with id and '
                         'file_name; a COCO annotation file is needed')
    return content


def _load_config(config: Union[str, Path, Config], flip_test: bool,
                 cfg_options: Optional[dict]) -> Config:
    """Read the config, or copy the one that is given, and change it."""
    cfg = copy.deepcopy(config) if isinstance(config, Config) \
        else Config.fromfile(config)
    cfg.merge_from_dict(cfg_options or {})
    cfg.merge_from_dict({'model.test_cfg.flip_test': flip_test})
    return cfg


def _load_model(cfg: Config, checkpoint: Optional[str],
                device: str) -> nn.Module:
    """Build the refiner with its weights.

    mmpose's ``init_model`` wants a skeleton in the checkpoint, and only warns
    of weights that do not fit, which would make nonsense of every pose.
    """
    if checkpoint is not None and not Path(checkpoint).is_file() \
            and '://' not in str(checkpoint):
        raise FileNotFoundError(f'the checkpoint {checkpoint} does not exist')
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    if checkpoint is not None:
        try:
            load_checkpoint(
                model, str(checkpoint), map_location='cpu', strict=True)
        except CHECKPOINT_ERRORS as error:
            reason = ' '.join(str(error).split())
            raise ValueError(f'{checkpoint} does not hold weights of the '
                             f"config's model: {reason:.300}") from error
    try:
        return model.to(device).eval()
    except (AssertionError, RuntimeError) as error:
        raise ValueError(f'cannot use device {device!r}: '
                         f'{str(error).splitlines()[0]}') from error


def _test_dataset(cfg: Config) -> PoseResultsDataset:
    """Build the test dataset of a config without reading its files."""
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    dataset = cfg.get('test_dataloader', {}).get('dataset')
    if dataset is None or dataset['type'] != 'PoseResultsDataset':
        raise ValueError(
            "the config is not a refiner's: its test_dataloader.dataset must "
            f"be a PoseResultsDataset, got {dataset and dataset['type']}")
    return DATASETS.build(dict(dataset, lazy_init=True))


def _group_by_image(records: List[PoseRecord], finder: ImageFinder,
                    summary: RefineSummary) -> List[ImagePoses]:
    """Group usable records by image, in order of first appearance."""
    groups: Dict[Any, List[PoseRecord]] = defaultdict(list)
    for record in records:
        if record.problem is None:
            groups[record.image_id].append(record)
        else:
            summary.unrefined[record.index] = record.problem
    images = []
    for image_id, group in groups.items():
        try:
            images.append(ImagePoses(str(finder.find(image_id)), group))
        except LookupError as error:
            summary.unrefined.update({r.index: str(error) for r in group})
    return images


@torch.no_grad()
def _refine_batches(model: nn.Module, loaded: Iterable[ImageSamples],
                    batch_size: int, summary: RefineSummary) -> tuple:
    """Refine all samples in batches that are filled across images.

    Returns:
        tuple: refined keypoints (K, 2) and areas of the crops, by position of
        the record.
    """
    refined: Dict[int, np.ndarray] = {}
    areas: Dict[int, float] = {}

    def usable() -> Iterator[tuple]:
        for indices, samples, problem in loaded:
            if problem is not None:
                summary.unrefined.update(dict.fromkeys(indices, problem))
            yield from zip(indices, samples, strict=not problem)

    stream = usable()
    while batch := list(islice(stream, batch_size)):
        indices, samples = zip(*batch, strict=True)
        outputs = model.test_step(pseudo_collate(samples))
        for index, sample, output in zip(
                indices, samples, outputs, strict=True):
            refined[index] = output.pred_instances.keypoints[0]
            areas[index] = crop_area(sample)
    return refined, areas


def _duplicates(records: List[PoseRecord], refined: Dict[int, np.ndarray],
                areas: Dict[int, float], sigmas: np.ndarray) -> set:
    """Find the records that OKS-NMS drops, image by image."""
    groups = defaultdict(list)
    for index in sorted(refined):
        keypoints = refined[index]
        groups[records[index].image_id].append(
            dict(
                index=index,
                score=records[index].score,
                area=areas[index],
                keypoints=np.insert(keypoints, 2, 1., axis=1)))
    dropped = set(refined)
    for group in groups.values():
        keep = oks_nms(group, NMS_THRESHOLD, sigmas=sigmas)
        dropped -= {group[i]['index'] for i in keep}
    return dropped


def _output_record(record: PoseRecord,
                   keypoints: Optional[np.ndarray]) -> Any:
    """Put refined keypoints into a copy of the record that was read.

    Coordinates that did not change stay as they were written.
    """
    if keypoints is None:
        return record.raw
    values = list(record.raw['keypoints'])
    moved = keypoints != record.keypoints
    rounded = np.round(keypoints.astype(np.float64), 3)
    for joint, axis in np.argwhere(moved):
        values[3 * joint + axis] = float(rounded[joint, axis])
    return {**record.raw, 'keypoints': values}
