"""Refine the people of images, folders, videos and cameras."""
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.structures import InstanceData
from mmpose.registry import INFERENCERS
from mmpose.structures import PoseDataSample

from ...chain import (
    EstimatedPoses,
    Estimator,
    TopdownEstimator,
    build_chain,
    estimate_poses,
    find_model,
    map_estimator_joints,
    to_input_poses,
)
from ...chain.load_models import ModelType
from ...file_refinement.refine_summary import remedy_of
from ...formats.coco import read_annotations
from ...images.image_finder import ImageList
from ...images.image_source import ImageProblem
from ...images.input_frames import Frame, InputFrames, InputsType, open_inputs
from ...inference import PosePredictor
from ...inference.stream import ImageJob, ImageResult, refine_stream, run_ahead
from ...progress import track
from ...structures.joint_map import JointMap
from ...structures.pose_records import Problem
from ...visualization.draw import RefinementDrawer
from .input_people import (
    FramePeople,
    NoPoseRefinedError,
    PeopleType,
    choose_people,
    read_people,
)
from .output_files import describe_instances, open_outputs


@INFERENCERS.register_module(name='pose-refinement')
@INFERENCERS.register_module()
class PoseRefineInferencer:
    """Refines poses that are given, or that a chain of models finds.

    Used as mmpose's inferencers are, with these differences: boxes that are
    given are honoured; people of all images share batches, in the estimator
    and in the refiner; what can't be read is reported and skipped; memory
    does not grow with the length of a video.

    For one thread at a time, as mmpose's; :func:`posefix_mm.apis.refine` and
    :class:`PosePredictor` may be used by several.

    Args:
        model (str | Path | Config | PosePredictor, optional): The refiner:
            see :class:`PosePredictor`, or one that is loaded already.
            Defaults to the small one that comes with the package.
        weights (str, optional): Its checkpoint. Defaults to the one beside
            its config.
        device (str, optional): Of all models. Defaults to the best there is.
        pose2d (str | Config, optional): Estimator of mmpose, top-down or of
            whole images: a config file, ``'mmpose::path'``, or a name or
            alias of mmpose's model index. Not needed where poses are given.
        pose2d_weights (str, optional): Its checkpoint. Defaults to the one of
            the model index for names, to random weights for config files.
        det_model (str | Config, optional): Detector of mmdet, likewise;
            ``'whole_image'`` takes images for people. Defaults to mmpose's
            choice for the estimator's data set.
        det_weights (str, optional): Its checkpoint.
        det_cat_ids (int | Sequence[int], optional): Categories of the
            detector that are people. Defaults to 0.
        show_progress (bool): Show a progress bar. Defaults to False.
        num_workers (int): Threads that decode and crop. Defaults to 2.
        **kwargs: Further arguments of :class:`PosePredictor`.

    Attributes:
        problems (dict[str, Problem]): What could not be used in the last
            call, by the names of images; '' for what belongs to none.

    Raises:
        FileNotFoundError: If a config or checkpoint does not exist.
        ValueError: If weights do not fit, skeletons have nothing in common,
            or ``crop_by`` is not ``'pose'``.
    """

    def __init__(self,
                 model: str | Path | Config | PosePredictor | None = None,
                 weights: str | None = None,
                 device: str | None = None,
                 *,
                 pose2d: ModelType | None = None,
                 pose2d_weights: str | None = None,
                 det_model: ModelType | None = None,
                 det_weights: str | None = None,
                 det_cat_ids: Any = None,
                 show_progress: bool = False,
                 num_workers: int = 2,
                 **kwargs) -> None:
        device = device or get_device()
        self.show_progress = show_progress
        self.num_workers = num_workers
        self.problems: dict[str, Problem] = {}
        self.estimator: Estimator | None = None
        self.predictor = model if isinstance(model, PosePredictor) else \
            PosePredictor(model, weights, device=device, **kwargs)
        if self.predictor.crop_by != 'pose':
            raise ValueError("crop_by is for boxes of a file's records; the "
                             "inferencer crops poses: crop_by='pose'")
        self.model = self.predictor.model
        self.joint_map = JointMap.identity(self.predictor.num_keypoints)
        if pose2d is not None:
            self.estimator = build_chain(
                find_model(pose2d, pose2d_weights, scope='mmpose'), det_model,
                det_weights, det_cat_ids, device=device)
            self.joint_map = map_estimator_joints(self.estimator,
                                                  self.predictor)

    def __call__(self,
                 inputs: InputsType,
                 return_datasamples: bool = False,
                 batch_size: int = 32,
                 out_dir: str | None = None,
                 *,
                 poses: PeopleType | None = None,
                 bboxes: PeopleType | None = None,
                 bbox_thr: float = 0.3,
                 nms_thr: float = 0.3,
                 vis_out_dir: str | None = None,
                 pred_out_dir: str | None = None,
                 coco_out: str = '',
                 ann: str | None = None,
                 pose_format: str = 'auto',
                 joint_map: str | None = None,
                 categories: Sequence[int] | None = None,
                 **drawing) -> Iterator[dict]:
        """Refine the people of the input.

        Files are complete when the last result has been taken. A camera is
        read until the caller stops taking results, or Ctrl-C.

        Args:
            inputs (str | Path | np.ndarray | int | Iterable): See
                :func:`open_inputs`.
            return_datasamples (bool): Return data samples rather than dicts.
                Defaults to False.
            batch_size (int): People that are estimated and refined at once,
                and images that are read at once. Defaults to 32.
            out_dir (str, optional): Folder for ``visualizations`` and
                ``predictions``, unless they have folders of their own.
            poses (optional): Poses to refine, in the refiner's skeleton: for
                each image an array ((N, K, 2), or (N, K, 3) with scores) or
                COCO records; or records of all images with ``image_id`` (file
                name, its number, or number of a frame), or a file of any
                format. Those that can't be of their image stay as they are.
            bboxes (optional): Boxes of people, likewise: (N, 4) as x1, y1,
                x2, y2, or (N, 5) with scores; None where people are to be
                found. Honoured, unlike in mmpose.
            bbox_thr (float): Boxes of lower scores are not used. Defaults to
                0.3.
            nms_thr (float): Boxes of a greater IoU are duplicates. Defaults
                to 0.3.
            vis_out_dir (str, optional): Folder for pictures, or file of the
                video.
            pred_out_dir (str, optional): Folder for JSON files as mmpose
                writes them.
            coco_out (str): COCO results file of all images. Defaults to none.
            ann (str, optional): COCO file whose ids of images are those of
                ``poses``, ``bboxes`` and ``coco_out``, and whose pixels are
                theirs: images may be larger or smaller by a factor.
            pose_format (str): Of a file of poses, as in :func:`refine_file`.
                Defaults to ``'auto'``.
            joint_map (str, optional): Of a file of poses, likewise.
            categories (Sequence[int], optional): Those of a file of poses or
                of boxes that count, likewise.
            **drawing: Of :class:`RefinementDrawer`: ``return_vis``, ``show``
                and how pictures look.

        Returns:
            Iterator[dict]: For each image, in order: ``predictions``, a list
            with the people of the image as
            :func:`~.output_files.describe_instances` describes them or
            its data sample; ``visualization``, a list with the RGB picture if
            ``return_vis`` is set; ``name``; and ``problem``, None unless the
            image was skipped.

        Raises:
            FileNotFoundError: If the input or a file does not exist.
            NoPoseRefinedError: If a file holds no poses or boxes; at the end,
                if files were to be written and not one pose could be refined:
                files of all images do not appear then.
            OSError: If a camera can't be opened.
            ValueError: If an argument is not as it should be, or there is
                neither an estimator nor poses.
        """
        if out_dir is not None:
            if vis_out_dir is None:
                vis_out_dir = f'{out_dir}/visualizations'
            if pred_out_dir is None:
                pred_out_dir = f'{out_dir}/predictions'
        if batch_size < 1:
            raise ValueError(
                f'batch_size must be at least 1, got {batch_size}')
        for people in (poses, bboxes):
            if coco_out and isinstance(people, (str, Path)) \
                    and Path(coco_out).resolve() == Path(people).resolve():
                raise ValueError(f'the output {coco_out} would overwrite an '
                                 'input file')
        content = None if ann is None else read_annotations(ann)
        listed = None if content is None else ImageList(content['images'])
        source = open_inputs(inputs, listed)
        people = choose_people(
            poses, bboxes, self.estimator, self.predictor, source, content,
            pose_format=pose_format, joint_map=joint_map,
            categories=categories)
        if people is not None:
            people.check_count(source.count if source.video is None else None)
        if isinstance(self.estimator, TopdownEstimator):
            self.estimator.find_people.bbox_thr = bbox_thr
            self.estimator.find_people.nms_thr = nms_thr
        drawer = RefinementDrawer(
            self._metainfo, vis_out_dir=vis_out_dir or '', **drawing)
        # no thread starts before there is work
        pool = ThreadPoolExecutor(self.num_workers) if self.num_workers \
            else None
        samples = refine_frames(
            read_people(
                read_ahead(source, batch_size, pool), people,
                self.predictor.num_keypoints, self._report),
            self.predictor, self.estimator, self.joint_map,
            batch_size=batch_size, num_workers=self.num_workers, pool=pool,
            live=source.live, keep_images=drawer.wanted)
        return self._run(
            source, samples, pool, drawer, return_datasamples,
            dict(pred_out_dir=pred_out_dir or '', coco_out=coco_out,
                 listed=listed))

    @property
    def _metainfo(self) -> dict:
        """Skeleton of what comes out: of the estimator, if there is one."""
        return self.predictor.metainfo if self.estimator is None \
            else self.estimator.model.dataset_meta

    def _run(self, source: InputFrames, samples: Iterator[tuple],
             pool: ThreadPoolExecutor | None, drawer: RefinementDrawer,
             return_datasamples: bool, outputs: dict) -> Iterator[dict]:
        """Work on the images and give one result for each."""
        self.problems = {}
        refined = 0
        with ExitStack() as stack:
            if pool is not None:
                stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            writers = open_outputs(stack, source, drawer.vis_out_dir,
                                   **outputs)
            if self.show_progress:
                samples = track(samples, source.count, title='Inference')
            try:
                for frame, sample in samples:
                    if 'pred_instances' in sample:
                        refined += int(sample.pred_instances.refined.sum())
                    yield self._result(frame, sample, drawer,
                                       return_datasamples, writers)
            except (KeyboardInterrupt, GeneratorExit):
                # the end of what a camera shows; anything else is unfinished
                if not source.live:
                    raise
            if writers and self.problems and not refined:
                name, problem = next(iter(self.problems.items()))
                where = f'{name}: ' if name else ''
                raise NoPoseRefinedError(
                    'none of the poses can be refined, so no file of all '
                    f'images is written: {where}{problem}'
                    f'{remedy_of(problem.code, problem, "the input")}')

    def _result(self, frame: Frame, sample: PoseDataSample,
                drawer: RefinementDrawer, return_datasamples: bool,
                writers: dict[str, Callable]) -> dict:
        """Draw and write the people of one image; see :meth:`__call__`."""
        instances = sample.get('pred_instances')
        people = describe_instances(instances)
        pictures = []
        if frame.problem is not None:
            self._report(frame, frame.problem)
        else:
            if drawer.wanted:
                pictures.append(drawer.draw(frame.image, instances))
            if 'predictions' in writers:
                writers['predictions'](frame, people)
        if 'coco' in writers:
            writers['coco'](frame, instances)
        if 'visualization' in writers:
            for picture in pictures:
                writers['visualization'](frame, picture)
        return dict(
            visualization=pictures,
            predictions=[sample if return_datasamples else people],
            name=frame.name,
            problem=frame.problem)

    def _report(self, frame: Frame | None, problem: Problem) -> None:
        """Keep and log a problem, of no image of the input if None."""
        name = '' if frame is None else frame.name
        self.problems[name] = problem
        if frame is None:
            text = problem
        elif frame.problem is None:
            text = f'{name}: {problem}'
        else:
            text = f'{name} is skipped: {problem}'
        print_log(str(text), logger='current', level=logging.WARNING)


def read_ahead(inputs: InputFrames, size: int,
               pool: ThreadPoolExecutor | None) -> Iterator[Frame]:
    """Read the next ``size`` images while the present ones are worked on.

    Those of a camera are yielded as soon as they are there.
    """
    frames = iter(inputs.frames)
    if inputs.live or pool is None:
        yield from (read() for read in frames)
        return
    half = max(size // 2, 1)

    def reads() -> Iterator[Callable[[], Frame]]:
        # asking for frames decodes them where they are those of a video
        coming = pool.submit(lambda: list(islice(frames, half)))
        while batch := coming.result():
            coming = pool.submit(lambda: list(islice(frames, half)))
            yield from batch

    yield from run_ahead(reads(), half, pool)


def refine_frames(frames: Iterator[FramePeople],
                  predictor: PosePredictor,
                  estimator: Estimator | None,
                  joint_map: JointMap,
                  *,
                  batch_size: int,
                  live: bool,
                  keep_images: bool,
                  **threads) -> Iterator[tuple[Frame, PoseDataSample]]:
    """Estimate and refine the people of images, in shared batches.

    Images come all with poses or all without; those without are estimated
    in groups of ``batch_size``, and the refiner's batches are filled across
    them. About three times as many images are in memory at most. ``live``
    lets no image wait for the next one, and without ``keep_images`` frames
    forget their images as soon as these are cropped. ``threads`` are those of
    :func:`refine_stream`.

    Yields:
        tuple: Each image, and a data sample whose ``pred_instances`` have
        ``keypoints`` and ``input_keypoints`` (image pixels, (N, J, 2)),
        ``keypoint_scores`` (N, J), ``bboxes`` (N, 4), ``bbox_scores`` (N, )
        and ``refined`` (whether the pose could be, (N, )). It has none if the
        image has a problem.
    """
    size = 1 if live else batch_size
    groups = iter(lambda: list(islice(frames, size)), [])

    def jobs_of(groups: Iterable[list[FramePeople]]) -> Iterator[ImageJob]:
        """Make jobs whose keys are what :func:`_to_sample` needs."""
        for group in groups:
            usable = [pair for pair in group if pair[0].problem is None]
            estimates = iter(_estimate(usable, estimator, batch_size))
            for frame, _ in group:
                key, poses = (frame, None, None, None), None
                if frame.problem is None:
                    estimate = next(estimates)
                    inputs = to_input_poses(
                        estimate.keypoints, estimate.keypoint_scores,
                        joint_map, estimate.usable)
                    key = frame, frame.image.shape[:2], estimate, inputs
                    poses = inputs.poses
                yield ImageJob(key, partial(_load_image, frame, keep_images),
                               poses)

    for ready in ([group] for group in groups) if live else [groups]:
        for result in refine_stream(
                predictor, jobs_of(ready), batch_size=batch_size,
                max_images=0, **threads):
            yield _to_sample(result, joint_map)


def _load_image(frame: Frame, keep: bool) -> np.ndarray:
    """Image of a frame, which forgets it unless it is to be kept."""
    if frame.problem is not None:
        raise ImageProblem(frame.problem)
    image = frame.image
    if not keep:
        frame.image = None
    return image


def _estimate(usable: Sequence[FramePeople], estimator: Estimator | None,
              batch_size: int) -> list[EstimatedPoses]:
    """Estimate the poses of images that come without."""
    if not usable or isinstance(usable[0][1], EstimatedPoses):
        return [people for _, people in usable]
    frames, boxes = zip(*usable, strict=True)
    return estimate_poses(estimator, [frame.image for frame in frames], boxes,
                          batch_size=batch_size)


def _to_sample(result: ImageResult,
               joint_map: JointMap) -> tuple[Frame, PoseDataSample]:
    """Pack the people of an image, the joints being the estimator's."""
    frame, shape, estimate, inputs = result.key
    sample = PoseDataSample(
        metainfo=dict(img_path=str(frame.path or frame.name)))
    if frame.problem is None:
        sample.set_metainfo(dict(ori_shape=shape))
        sample.pred_instances = InstanceData(
            keypoints=inputs.put_back(estimate.keypoints, result.keypoints,
                                      joint_map),
            keypoint_scores=estimate.keypoint_scores,
            keypoints_visible=estimate.keypoint_scores,
            input_keypoints=estimate.keypoints,
            bboxes=estimate.bboxes,
            bbox_scores=estimate.bbox_scores,
            refined=inputs.usable)
    return frame, sample
