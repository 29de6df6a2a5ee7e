"""Refine the poses of a file."""
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Tuple, Union

import numpy as np
from mmengine.config import Config
from mmengine.dist import barrier, get_dist_info

from ..evaluation.coco_table import can_evaluate, evaluate_keypoints
from ..evaluation.explain_mismatch import Explanation, explain
from ..fileio import read_json
from ..formats import RefinedPoses
from ..formats.coco_results import CocoResultsFile
from ..formats.open_pose_file import open_pose_file
from ..refinement import PosePredictor
from ..refinement.file_run import FileRun
from ..refinement.journal import (
    Journal,
    journal_path,
    read_journals,
    remove_journals,
)
from ..version import __version__
from .evaluate_results import read_results
from .image_finder import ImageFinder
from .image_source import ImageSource
from .overlays import RefinedImage, write_overlays
from .progress import progress_bar
from .refine_log import log_path, write_log

PathLike = Union[str, Path]


@dataclass
class RefineSummary:
    """What became of the records.

    Attributes:
        total (int): Records read.
        refined (int): Records refined, those that NMS dropped included.
        dropped (int): Records that OKS-NMS dropped.
        unrefined (Dict[int, str]): Reasons by position of the records that
            came back as they were.
        codes (Dict[str, int]): Records that are not in the output refined, by
            the codes of the log.
        log (Path | None): The log, which names every one of them.
        before (Dict[str, float] | None): COCO statistics of the input, where
            there are annotations.
        after (Dict[str, float] | None): The same of the output.
        explanations (List[Explanation]): What in results and annotations does
            not meet, so that a low AP is never unexplained.
    """

    total: int = 0
    refined: int = 0
    dropped: int = 0
    unrefined: Dict[int, str] = field(default_factory=dict)
    codes: Dict[str, int] = field(default_factory=dict)
    log: Optional[Path] = None
    before: Optional[Dict[str, float]] = None
    after: Optional[Dict[str, float]] = None
    explanations: List[Explanation] = field(default_factory=list)

    def reasons(self) -> Counter:
        """Count the reasons of records that were not refined."""
        return Counter(self.unrefined.values())


class NotAllRefinedError(ValueError):
    """Some records could not be refined, and all should be.

    Args:
        summary (RefineSummary): What became of the records.
        out (Path): The output, which is not written.
    """

    def __init__(self, summary: RefineSummary, out: Path) -> None:
        self.summary = summary
        counts = ', '.join(f'{n} x {code}'
                           for code, n in sorted(summary.codes.items()))
        super().__init__(
            f'{len(summary.unrefined)} of {summary.total} records could not '
            f'be refined ({counts}), so {out} is not written; {summary.log} '
            'names them')


def refine_results(config: Union[str, Path, Config, None],
                   checkpoint: Optional[str],
                   poses: PathLike,
                   img_dir: PathLike,
                   out: PathLike,
                   *,
                   device: str = 'cpu',
                   backend: str = 'torch',
                   precision: str = 'fp32',
                   flip_test: bool = True,
                   cfg_options: Optional[dict] = None,
                   **options) -> RefineSummary:
    """Refine the poses of a file, with a refiner that is loaded for it.

    Args:
        config (str | Path | Config | None): As in :class:`PosePredictor`.
        checkpoint (str | None): Weights. None for those that come with the
            config.
        poses (str | Path): As in :func:`refine_file`.
        img_dir (str | Path): As in :func:`refine_file`.
        out (str | Path): As in :func:`refine_file`.
        device (str): Device of the model. Defaults to ``'cpu'``.
        backend (str): What runs the network. Defaults to ``'torch'``.
        precision (str): ``'fp32'``, ``'bf16'`` or ``'fp16'``. Defaults to
            ``'fp32'``.
        flip_test (bool): Average with the mirrored image. Defaults to True.
        cfg_options (dict, optional): Changes of the config.
        **options: Further arguments of :func:`refine_file`.

    Returns:
        RefineSummary: What became of the records.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file or an argument is not right, or the config is
            not a refiner's.
    """
    inputs = (poses, options.get('ann'), checkpoint, config)
    check_paths(
        Path(out),
        inputs,
        img_dir,
        options.get('show_dir'),
        overwrite_input=options.get('overwrite_input', False))
    predictor = PosePredictor(
        config,
        checkpoint,
        device=device,
        backend=backend,
        precision=precision,
        flip_test=flip_test,
        cfg_options=cfg_options)
    return refine_file(predictor, poses, img_dir, out, **options)


def refine_file(predictor: PosePredictor,
                poses: PathLike,
                img_dir: PathLike,
                out: PathLike,
                *,
                ann: Optional[PathLike] = None,
                pose_format: str = 'auto',
                joint_map: Optional[PathLike] = None,
                nms: Optional[bool] = None,
                batch_size: int = 32,
                num_workers: int = 2,
                resume: bool = False,
                strict: bool = False,
                overwrite_input: bool = False,
                log: Optional[PathLike] = None,
                show_dir: Optional[PathLike] = None,
                show_limit: Optional[int] = None,
                progress: bool = True) -> RefineSummary:
    """Refine the poses of a file.

    Every record comes back, in order and with all of its fields; only
    coordinates change. Records that can't be refined come back as they are,
    and a log beside the output names them. What is done is kept beside the
    output while the work goes on, so that it can be resumed after a kill; the
    output itself appears at the end, as a whole.

    Under a launcher of mmengine the processes share the images, and the first
    one writes the output, which is the same as that of a single process. They
    must see the same files.

    Args:
        predictor (PosePredictor): The refiner.
        poses (str | Path): File or folder of poses; a COCO results file is a
            list of records with ``image_id``, ``keypoints`` (x, y, score of
            each; image pixels) and ``score``.
        img_dir (str | Path): Folder of the images.
        out (str | Path): File or folder to write, in the format of the input.
        ann (str | Path, optional): COCO annotations that give the file name
            of each image id, and, where there are any, statistics before and
            after. Without it file names must show the ids.
        pose_format (str): One of :data:`posefix_mm.formats.FORMATS`. Defaults
            to ``'auto'``.
        joint_map (str | Path, optional): How joints of the file become those
            of the refiner; see :func:`posefix_mm.formats.open_pose_file`.
        nms (bool, optional): Drop duplicates by OKS-NMS at 0.9, as the
            release does. Defaults to True for results of detectors, and False
            for other formats.
        batch_size (int): Poses refined at once. Defaults to 32.
        num_workers (int): Threads that load and crop. Defaults to 2.
        resume (bool): Go on where a run of the same arguments was stopped.
            Defaults to False.
        strict (bool): Fail, and write no output, if a record can't be
            refined. Defaults to False.
        overwrite_input (bool): Allow ``out`` to be the input. Defaults to
            False.
        log (str | Path, optional): The log. Defaults to ``out`` with
            ``.log.jsonl`` behind it.
        show_dir (str | Path, optional): Folder for pictures of each image
            with the input and the refined poses.
        show_limit (int, optional): Make pictures of so many images at most.
            Defaults to all.
        progress (bool): Show a progress bar. Defaults to True.

    Returns:
        RefineSummary: What became of the records; without details in
        processes other than the first.

    Raises:
        FileNotFoundError: If a file does not exist.
        NotAllRefinedError: If ``strict`` and a record could not be refined.
        ValueError: If ``out`` is the input, or a file or an argument is not
            right.
    """
    poses, out = Path(poses), Path(out)
    check_paths(out, (poses, ann), img_dir, show_dir, overwrite_input)
    if show_limit is not None and show_limit < 0:
        raise ValueError(f'show_limit must not be negative, got {show_limit}')
    # Everything that can be wrong with the files is found before the work
    # starts.
    content = None if ann is None else _load_annotations(ann)
    source = ImageSource(ImageFinder(img_dir, content and content['images']))
    evaluable = content is not None and _has_truth(ann, content,
                                                   predictor.num_keypoints)
    pose_file = open_pose_file(
        poses,
        target_names=predictor.keypoint_names,
        format=pose_format,
        joint_map=joint_map,
        categories=predictor.categories)
    run = FileRun(
        predictor,
        pose_file,
        source.load,
        nms=pose_file.drops_duplicates if nms is None else nms,
        batch_size=batch_size,
        num_workers=num_workers)
    name = _fingerprint(run, ann)
    _refine_chunks(run, out, name, resume, progress)
    rank, world_size = get_dist_info()
    if rank != 0:
        if world_size > 1:
            barrier()
        return RefineSummary(total=len(pose_file))
    refined, problems = _gather(out, name, run)
    summary = RefineSummary(
        total=len(pose_file),
        refined=int(refined.refined.sum()),
        dropped=int(refined.dropped.sum()),
        unrefined={index: text for index, _, text in problems},
        log=log_path(out) if log is None else Path(log))
    summary.codes = write_log(summary.log, pose_file, problems,
                              refined.dropped, summary.refined)
    if strict and problems:
        raise NotAllRefinedError(summary, out)
    before = read_results(poses) if evaluable and isinstance(
        pose_file, CocoResultsFile) else None
    pose_file.write(out, refined,
                    lambda image: source.size(pose_file.images[image]))
    remove_journals(out)
    if world_size > 1:
        barrier()
    if before is not None:
        _evaluate(summary, content, before, out, predictor.metainfo)
    if show_dir is not None:
        write_overlays(show_dir, _shown(run, refined, source, show_limit),
                       predictor.metainfo)
    return summary


def check_paths(out: Path,
                inputs: Iterable,
                img_dir: PathLike,
                show_dir: Optional[PathLike],
                overwrite_input: bool = False) -> None:
    """Refuse to write where something is read.

    Args:
        out (Path): What is written.
        inputs (Iterable): What is read; only paths count.
        img_dir (str | Path): Folder of the images.
        show_dir (str | Path, optional): Folder of pictures to write.
        overwrite_input (bool): Allow the first input to be overwritten.
            Defaults to False.

    Raises:
        ValueError: If it is refused.
        IsADirectoryError: If a file would replace a folder.
    """
    poses, *others = inputs
    read = {Path(p).resolve() for p in others if isinstance(p, (str, Path))}
    if not overwrite_input:
        read.add(Path(poses).resolve())
    if out.resolve() in read:
        raise ValueError(f'the output {out} would overwrite an input file')
    if out.is_dir() and not Path(poses).is_dir():
        raise IsADirectoryError(f'the output {out} is a folder')
    if show_dir is not None \
            and Path(show_dir).resolve() == Path(img_dir).resolve():
        raise ValueError(f'the pictures would overwrite the images in '
                         f'{img_dir}; name another folder for them')


def _load_annotations(path: PathLike) -> dict:
    """Read COCO annotations and check their list of images."""
    content = read_json(path)
    images = content.get('images') if isinstance(content, dict) else None
    if not isinstance(images, list) or not all(
            isinstance(image, dict) and 'file_name' in image
            and isinstance(image.get('id'), (int, str)) for image in images):
        raise ValueError(f'{path} has no list of images with id and '
                         'file_name; a COCO annotation file is needed')
    return content


def _has_truth(path: PathLike, content: dict, num_keypoints: int) -> bool:
    try:
        return can_evaluate(content, num_keypoints)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _fingerprint(run: FileRun, ann: Optional[PathLike]) -> str:
    """Tell runs apart whose results may differ."""
    digest = hashlib.blake2b(digest_size=16)
    for path in (run.predictor.files.checkpoint, ann):
        if path is not None and Path(path).is_file():
            with open(path, 'rb') as file:
                digest.update(hashlib.file_digest(file, 'blake2b').digest())
    skeleton = run.pose_file.skeleton
    digest.update(
        repr((__version__, run.predictor.name, run.pose_file.digest(),
              run.pose_file.name, skeleton.joint_map.places.tolist(),
              skeleton.joint_map.num_source, skeleton.categories, run.nms,
              run.batch_size, run.chunk_batches)).encode())
    return digest.hexdigest()


def _refine_chunks(run: FileRun, out: Path, name: str, resume: bool,
                   progress: bool) -> None:
    """Refine what is not done yet; each process its share of the chunks."""
    rank, world_size = get_dist_info()
    if rank == 0 and not resume:
        remove_journals(out)
    barrier()
    done = {number for number, _ in read_journals(out, name)}
    todo = [number for number in run.plan.numbers if number not in done]
    barrier()  # nobody writes before all have read
    share = todo[rank::world_size]
    journal = Journal(journal_path(out, rank), name)
    with progress_bar(
            len(run.pose_file), enabled=progress and rank == 0) as advance:
        for number in set(run.plan.numbers).difference(share):
            advance(run.plan.size(number))
        for number, result in run.refine(share, advance):
            journal.add(number, result)
    journal.close()
    barrier()


def _gather(out: Path, name: str, run: FileRun
            ) -> Tuple[RefinedPoses, List[Tuple[int, str, str]]]:
    """Bring the results of all processes into the order of the input."""
    count, joints = len(run.pose_file), run.predictor.num_keypoints
    refined = RefinedPoses(
        np.zeros(count, bool), np.zeros(count, bool),
        np.zeros((count, joints, 2), np.float32))
    problems: Dict[int, Tuple[int, str, str]] = {}
    for _, result in read_journals(out, name):
        for array, values in zip(
                refined, (result.refined, result.dropped, result.keypoints),
                strict=True):
            array[result.indices] = values
        problems.update((problem[0], problem) for problem in result.problems)
    return refined, [problems[index] for index in sorted(problems)]


def _evaluate(summary: RefineSummary, annotations: dict, before: list,
              out: Path, metainfo: dict) -> None:
    """Add statistics before and after, and what keeps them low."""
    after = read_results(out)
    summary.before, summary.after = (
        evaluate_keypoints(annotations, results, metainfo['sigmas'])
        for results in (before, after))
    summary.explanations = explain(annotations, after, metainfo)


def _shown(run: FileRun, poses: RefinedPoses, source: ImageSource,
           limit: Optional[int]) -> Iterator[RefinedImage]:
    """Yield images with refined poses, those that NMS dropped aside."""
    shown = 0
    for image, ref in enumerate(run.pose_file.images):
        indices = run.plan.poses(image)
        if limit is not None and shown >= limit:
            return
        kept = indices[~poses.dropped[indices]]
        if not poses.refined[kept].any():
            continue
        pixels = source.load(ref)
        size = pixels.shape[1], pixels.shape[0]
        records = [
            r for r in run.pose_file.read(kept, size) if r.problem is None
        ]
        before = np.stack([r.keypoints for r in records])
        rows = np.array([r.index for r in records])
        after = np.where(poses.refined[rows][:, None, None],
                         poses.keypoints[rows], before)
        name = source.find(ref).stem
        yield RefinedImage(
            name if ref.frame is None else f'{name}_{ref.frame:06d}', pixels,
            before, after, np.stack([r.visible for r in records]))
        shown += 1
