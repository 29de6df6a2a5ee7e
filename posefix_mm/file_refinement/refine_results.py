"""Refine the poses of a file."""
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.dist import barrier, get_dist_info

from ..evaluation.annotation_format import TidyAnnotations, tidy_annotations
from ..evaluation.coco_table import evaluate_keypoints
from ..evaluation.explain_mismatch import explain
from ..fileio import disk_errors
from ..formats import RefinedPoses
from ..formats.as_results import read_as_results
from ..formats.coco import dicts_in, read_annotations
from ..formats.folders import check_new_folder
from ..images.image_finder import ImageFinder
from ..images.image_source import ImageProblem, ImageSource
from ..inference import PosePredictor
from ..structures.image_ref import ImageRef
from ..visualization.draw import RefinedImage, write_overlays
from .check_fit import describe_fit, open_fitting
from .file_run import FileRun, remove_journals
from .refine_summary import (
    NotAllRefinedError,
    NothingRefinedError,
    RefineSummary,
    log_path,
    write_log,
)

_PREDICTOR_OPTIONS = ('device', 'backend', 'precision', 'flip_test', 'crop_by',
                      'cfg_options')


def refine_results(config: str | Path | Config | None,
                   checkpoint: str | None,
                   poses: str | Path,
                   img_dir: str | Path,
                   out: str | Path,
                   **options) -> RefineSummary:
    """Refine the poses of a file, with a refiner that is loaded for it.

    Args:
        config (str | Path | Config | None): As of :class:`PosePredictor`.
        checkpoint (str | None): Weights. None for those that come with the
            config.
        poses (str | Path): As of :func:`refine_file`, like the next ones.
        img_dir (str | Path): Folder of the images.
        out (str | Path): File or folder to write.
        **options: Further arguments of :class:`PosePredictor` and of
            :func:`refine_file`.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file or an argument is not right, or the config is
            not a refiner's.
    """
    loading = {name: options.pop(name) for name in _PREDICTOR_OPTIONS
               if name in options}
    check_paths(
        out, (poses, options.get('ann'), checkpoint, config), img_dir,
        **{name: options[name] for name in ('show_dir', 'overwrite_input',
                                            'log') if name in options})
    predictor = PosePredictor(config, checkpoint, **loading)
    return refine_file(predictor, poses, img_dir, out, **options)


def refine_file(predictor: PosePredictor,
                poses: str | Path,
                img_dir: str | Path,
                out: str | Path,
                *,
                ann: str | Path | None = None,
                pose_format: str = 'auto',
                joint_map: str | Path | None = None,
                categories: Sequence[int] | None = None,
                follow_links: bool = False,
                allow_empty: bool = False,
                announce: Callable[[str], None] | None = None,
                nms: bool | None = None,
                scores: str | None = None,
                passes: int | None = None,
                batch_size: int = 32,
                num_workers: int = 2,
                resume: bool = False,
                strict: bool = False,
                overwrite_input: bool = False,
                log: str | Path | None = None,
                show_dir: str | Path | None = None,
                show_limit: int | None = None,
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
        categories (Sequence[int], optional): Categories to refine. Defaults
            as in :func:`~.check_fit.open_fitting`.
        follow_links (bool): Open pictures outside of the folder that links
            in it lead to. Defaults to False.
        allow_empty (bool): Write the output even if nothing was refined.
            Defaults to False.
        announce (Callable, optional): Called with each line of the check
            before the run: format, joints, category, pictures.
        nms (bool, optional): Drop duplicates by OKS-NMS at 0.9, as the
            release does. Defaults to True for results of detectors, and False
            for other formats.
        scores (str, optional): ``'refined'`` multiplies the ``score`` of
            COCO results by the ``predicted_oks``, which is written, too, as
            is the ``score_before``; ``'input'`` leaves scores alone, as the
            release does. Defaults to the first where the refiner predicts it
            and does not say ``keep_input_scores``.
        passes (int, optional): How often to refine at most; see
            :func:`~posefix_mm.inference.stream.refine_stream`. Defaults to
            what the refiner's config says.
        batch_size (int): Poses refined at once. Defaults to 32.
        num_workers (int): Threads that load and crop. Defaults to 2.
        resume (bool): Continue where a run of the same arguments was
            stopped. Defaults to False.
        strict (bool): Fail, and write no output, if a record can't be
            refined. Defaults to False.
        overwrite_input (bool): Allow ``out`` to be the input. Defaults to
            False.
        log (str | Path, optional): The log. Defaults to ``OUT.log.jsonl``.
        show_dir (str | Path, optional): Folder for pictures of each image
            with the input and the refined poses.
        show_limit (int, optional): Largest number of pictures. Defaults to
            all.
        progress (bool): Show a progress bar. Defaults to True.

    Returns:
        RefineSummary: What became of the records; without details in
        processes other than the first.

    Raises:
        FileNotFoundError: If a file does not exist.
        NotAllRefinedError: If ``strict`` and a record could not be refined.
        NothingRefinedError: If no record could be refined; nothing is written
            then.
        ValueError: If ``out`` is the input, or a file or an argument is not
            right, or the poses change meanwhile.
    """
    poses, out = Path(poses), Path(out)
    check_paths(out, (poses, ann), img_dir, show_dir,
                overwrite_input=overwrite_input, log=log)
    if show_limit is not None and show_limit < 0:
        raise ValueError(f'show_limit must not be negative, got {show_limit}')
    # Everything that can be wrong with the files is found before the work
    # starts.
    content = None if ann is None else read_annotations(ann)
    source = ImageSource(
        ImageFinder(
            img_dir, content and content['images'], follow_links=follow_links),
        num_kept=2 * num_workers + 1)
    fitting = open_fitting(
        predictor, poses, pose_format=pose_format, joint_map=joint_map,
        categories=categories, described=dicts_in(content, 'categories'))
    pose_file = fitting.file
    rank, _ = get_dist_info()
    source.finder.note_ids(ref.image_id for ref in pose_file.images)
    truth = None if content is None else tidy_annotations(
        content, predictor.num_keypoints)
    if show_dir is not None:
        _check_pictures(Path(show_dir), source, pose_file.images)
        with disk_errors(show_dir):  # not only when all is done
            Path(show_dir).mkdir(parents=True, exist_ok=True)
    run = FileRun(
        predictor, pose_file, source.load,
        nms=pose_file.drops_duplicates if nms is None else nms,
        scores=predictor.choose_scores(scores), passes=passes,
        batch_size=batch_size, num_workers=num_workers,
        scale_of=source.scale, order=source.plan(pose_file.images))
    fit = [] if rank else describe_fit(fitting, predictor, source, ann=ann)
    if truth is not None and truth.first_error and not truth.poses:
        fit.append(f'note: no AP is shown: {ann}: {truth.first_error}')
    for line in fit if announce is not None else ():
        announce(line)
    if not len(pose_file) and not allow_empty:
        raise NothingRefinedError(RefineSummary(fit=fit), out)
    name = run.fingerprint([ann])
    run.refine_into_journal(out, name, resume=resume, progress=progress)
    if rank != 0:
        barrier()
        return RefineSummary(total=len(pose_file))
    refined, problems = run.gather(out, name)
    run.check_unchanged()
    summary = RefineSummary.of(refined, problems, log or log_path(out), fit)
    if not summary.refined and not allow_empty:
        remove_journals(out)
        raise NothingRefinedError(summary, out)
    note = partial(write_log, summary.log, pose_file, problems,
                   refined.dropped, summary.refined)
    summary.codes = note()
    if strict and problems:
        raise NotAllRefinedError(summary, out)
    read = None if truth is None or not truth.poses else partial(
        read_as_results, metainfo=predictor.metainfo,
        annotations=truth.content, format=pose_file.name, joint_map=joint_map)
    # of the input while it is there: the output may replace it
    before = read and read(poses)
    pose_file.write(out, refined,
                    lambda image: source.size(pose_file.images[image]))
    note(output=out)  # by which it is known again
    remove_journals(out)
    barrier()
    if read is not None:
        _evaluate(summary, before, read(out), truth, predictor.metainfo)
    if show_dir is not None:
        write_overlays(show_dir,
                       _images_to_show(run, refined, source, show_limit),
                       predictor.metainfo)
    return summary


def _evaluate(summary: RefineSummary, before: list, after: list,
              truth: TidyAnnotations, metainfo: dict) -> None:
    """Add statistics of records before and after, and why they are low."""
    summary.before, summary.after = (
        evaluate_keypoints(truth.content, results, metainfo['sigmas'])
        for results in (before, after))
    summary.explanations = [
        *truth.explanations, *explain(truth.content, after, metainfo)]


def check_paths(out: str | Path,
                inputs: Iterable,
                img_dir: str | Path,
                show_dir: str | Path | None = None,
                *,
                overwrite_input: bool = False,
                log: str | Path | None = None) -> None:
    """Refuse to write where something is read.

    Of ``inputs`` only paths count, and the first one may be overwritten.

    Raises:
        ValueError: If it is refused.
        FileExistsError: If a folder would replace something else.
        IsADirectoryError: If a file would replace a folder.
    """
    out = Path(out)
    poses, *others = inputs
    read = {Path(p).resolve() for p in others if isinstance(p, (str, Path))}
    if log is not None and Path(log).resolve() in {
            *read, Path(poses).resolve(), out.resolve()}:
        raise ValueError(f'the log {log} would overwrite the output or an '
                         'input file')
    if not overwrite_input:
        read.add(Path(poses).resolve())
    if out.resolve() in read:
        raise ValueError(f'the output {out} would overwrite an input file')
    if out.exists() and not out.is_file() and not out.is_dir():
        raise ValueError(f'the output {out} is a device, not a file')
    if Path(poses).is_dir():  # not only when all is done
        check_new_folder(out, Path(poses))
    elif out.is_dir():
        raise IsADirectoryError(f'the output {out} is a folder')
    if show_dir is not None \
            and Path(show_dir).resolve() == Path(img_dir).resolve():
        raise ValueError(f'the pictures would overwrite the images in '
                         f'{img_dir}; name another folder for them')


def _check_pictures(show_dir: Path, source: ImageSource,
                    images: Sequence[ImageRef]) -> None:
    """Refuse a folder of pictures in which images are that are read."""
    show_dir = show_dir.resolve()
    if not show_dir.is_relative_to(source.finder.root):
        return
    for ref in images:
        try:
            folder = source.find(ref).path.parent
        except ImageProblem:
            continue
        if folder == show_dir:
            raise ValueError(f'the pictures would overwrite the images in '
                             f'{show_dir}; name another folder for them')


def _images_to_show(run: FileRun, poses: RefinedPoses, source: ImageSource,
                    limit: int | None) -> Iterator[RefinedImage]:
    """Yield images with refined poses, except for those that NMS dropped."""
    count = 0
    images = run.pose_file.images
    for image in range(len(images)) if run.order is None else run.order:
        ref, indices = images[image], run.plan.poses(image)
        if limit is not None and count >= limit:
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
        picture = source.find(ref)
        name, frame = picture.path.stem, picture.frame
        yield RefinedImage(
            name if frame is None else f'{name}_{frame:06d}', pixels,
            before, after, np.stack([r.visible for r in records]))
        count += 1
