"""Refine the people of images, folders, videos and cameras."""
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Union

import numpy as np
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import print_log
from mmpose.apis.inferencers.base_mmpose_inferencer import BaseMMPoseInferencer
from mmpose.registry import INFERENCERS
from mmpose.structures import PoseDataSample

from ...chain import (
    Estimator,
    TopdownEstimator,
    find_model,
    map_estimator_joints,
)
from ...chain.default_detector import build_chain
from ...chain.model_files import ModelType
from ...datasets.joint_map import JointMap
from ...datasets.pose_records import Problem
from ...refinement import PosePredictor
from ...visualization.draw import RefinementDrawer
from ..progress import track
from .given_people import (
    GivenFrame,
    GivenType,
    choose_given,
    read_given_frames,
)
from .input_frames import Frame, InputFrames, InputsType, open_inputs
from .output_files import describe_instances, open_outputs
from .refine_frames import read_ahead, refine_frames


@INFERENCERS.register_module(name='pose-refinement')
@INFERENCERS.register_module()
class PoseRefineInferencer(BaseMMPoseInferencer):
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
        problems (Dict[str, Problem]): What could not be used in the last
            call, by the names of images; '' for what belongs to none.

    Raises:
        FileNotFoundError: If a config or checkpoint does not exist.
        ValueError: If weights do not fit, or skeletons have nothing in
            common.
    """

    preprocess_kwargs: set = {'bboxes', 'poses', 'bbox_thr', 'nms_thr'}
    forward_kwargs: set = set()
    visualize_kwargs: set = {
        'return_vis', 'show', 'wait_time', 'draw_bbox', 'radius', 'thickness',
        'kpt_thr', 'vis_out_dir', 'skeleton_style', 'black_background',
        'draw_style', 'opacity'
    }
    postprocess_kwargs: set = {'pred_out_dir', 'coco_out', 'ann'}

    def __init__(self,
                 model: Union[str, Path, Config, PosePredictor, None] = None,
                 weights: Optional[str] = None,
                 device: Optional[str] = None,
                 *,
                 pose2d: Optional[ModelType] = None,
                 pose2d_weights: Optional[str] = None,
                 det_model: Optional[ModelType] = None,
                 det_weights: Optional[str] = None,
                 det_cat_ids: Any = None,
                 show_progress: bool = False,
                 num_workers: int = 2,
                 **kwargs) -> None:
        # as mmpose's MMPoseInferencer, which has several models, too
        device = device or get_device()
        self.show_progress = show_progress
        self.num_workers = num_workers
        self.problems: Dict[str, Problem] = {}
        self.estimator: Optional[Estimator] = None
        self.predictor = model if isinstance(model, PosePredictor) else \
            PosePredictor(model, weights, device=device, **kwargs)
        self.model = self.predictor.model
        self.joint_map = JointMap.identity(self.predictor.num_keypoints)
        if pose2d is not None:
            self.estimator = build_chain(
                find_model(pose2d, pose2d_weights, scope='mmpose'),
                det_model,
                det_weights,
                det_cat_ids,
                device=device)
            self.joint_map = map_estimator_joints(self.estimator,
                                                  self.predictor)

    def __call__(self,
                 inputs: InputsType,
                 return_datasamples: bool = False,
                 batch_size: int = 32,
                 out_dir: Optional[str] = None,
                 **kwargs) -> Iterator[dict]:
        """Refine the people of the input.

        Files are complete when the last result has been taken. A camera is
        read until the caller stops to take results, or Ctrl-C.

        Args:
            inputs (str | Path | np.ndarray | int | Iterable): See
                :func:`open_inputs`.
            return_datasamples (bool): Return data samples rather than dicts.
                Defaults to False.
            batch_size (int): People that are estimated and refined at once;
                so many images are read at once, too. Defaults to 32.
            out_dir (str, optional): Folder for ``visualizations`` and
                ``predictions``, unless they have folders of their own.
            **kwargs: Of :meth:`preprocess`: ``poses``, ``bboxes``,
                ``bbox_thr`` and ``nms_thr``. For pictures: ``vis_out_dir``
                (folder, or file of the video), ``return_vis``, ``show`` and
                what :class:`RefinementDrawer` takes. For predictions:
                ``pred_out_dir`` (JSON files as mmpose writes them),
                ``coco_out`` (COCO results file of all images) and ``ann``
                (COCO file that gives the ``image_id`` of file names).

        Returns:
            Iterator[dict]: For each image, in order: ``predictions``, a list
            with the people of the image as
            :func:`~.output_files.describe_instances` describes them or
            its data sample; ``visualization``, a list with the RGB picture if
            ``return_vis`` is set; ``name``; and ``problem``, None unless the
            image was skipped.

        Raises:
            FileNotFoundError: If the input or a file does not exist.
            OSError: If a camera can't be opened.
            ValueError: If an argument is not as it should be.
        """
        if out_dir is not None:
            kwargs.setdefault('vis_out_dir', f'{out_dir}/visualizations')
            kwargs.setdefault('pred_out_dir', f'{out_dir}/predictions')
        preprocess, _, visualize, postprocess = self._dispatch_kwargs(**kwargs)
        if batch_size < 1:
            raise ValueError(
                f'batch_size must be at least 1, got {batch_size}')
        for given in ('poses', 'bboxes'):
            _check_output(postprocess.get('coco_out'), kwargs.get(given))
        preprocess['ann'] = postprocess.get('ann')
        source = open_inputs(inputs)
        # no thread starts before there is work
        pool = ThreadPoolExecutor(self.num_workers) if self.num_workers \
            else None
        frames = self.preprocess(source, batch_size, pool, **preprocess)
        drawing = RefinementDrawer(self._metainfo, **visualize)
        results = self.forward(
            frames,
            batch_size,
            pool,
            live=source.live,
            keep_images=drawing.wanted)
        return self._run(source, results, pool, drawing, return_datasamples,
                         postprocess)

    @property
    def _metainfo(self) -> dict:
        """Skeleton of what comes out: of the estimator, if there is one."""
        return self.predictor.metainfo if self.estimator is None \
            else self.estimator.model.dataset_meta

    def _run(self, source: InputFrames, samples: Iterator[tuple],
             pool: Optional[ThreadPoolExecutor], drawing: RefinementDrawer,
             return_datasamples: bool, outputs: dict) -> Iterator[dict]:
        """Work on the images and give one result for each."""
        self.problems = {}
        with ExitStack() as stack:
            if pool is not None:
                stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            writers = open_outputs(stack, source, drawing.vis_out_dir,
                                   **outputs)
            if self.show_progress:
                samples = track(samples, source.count, title='Inference')
            try:
                for frame, sample in samples:
                    visualization = self.visualize([frame], [sample], drawing)
                    yield self.postprocess([(frame, sample)], visualization,
                                           return_datasamples, writers)
            except (KeyboardInterrupt, GeneratorExit):
                # the end of what a camera shows; anything else is unfinished
                if not source.live:
                    raise

    def preprocess(self,
                   source: InputFrames,
                   batch_size: int = 32,
                   pool: Optional[ThreadPoolExecutor] = None,
                   *,
                   poses: Optional[GivenType] = None,
                   bboxes: Optional[GivenType] = None,
                   ann: Optional[str] = None,
                   bbox_thr: float = 0.3,
                   nms_thr: float = 0.3) -> Iterator[GivenFrame]:
        """Read images and what is given with them.

        Args:
            source (InputFrames): From :func:`open_inputs`.
            batch_size (int): Images that are read ahead. Defaults to 32.
            pool (ThreadPoolExecutor, optional): Threads that decode.
            poses (optional): Poses to refine, in the refiner's skeleton: for
                each image an array ((N, K, 2), or (N, K, 3) with scores) or
                COCO records; or records of all images with ``image_id`` (file
                name, its number, or number of a frame), or their file.
            bboxes (optional): Boxes of people, likewise: (N, 4) as x1, y1,
                x2, y2, or (N, 5) with scores; None where people are to be
                found. Honoured, unlike in mmpose.
            ann (str, optional): COCO file whose ids of images the records of
                poses or boxes use.
            bbox_thr (float): Boxes of lower scores are not used. Defaults to
                0.3.
            nms_thr (float): Boxes of a greater IoU are duplicates. Defaults
                to 0.3.

        Returns:
            Iterator[GivenFrame]: Frames, each with the boxes or poses that
            are given for it.

        Raises:
            ValueError: If there is neither an estimator nor poses, or what is
                given does not fit the input.
        """
        given = choose_given(poses, bboxes, self.estimator, ann)
        if given is not None:
            given.check_count(source.count if source.video is None else None)
        if isinstance(self.estimator, TopdownEstimator):
            self.estimator.find_people.bbox_thr = bbox_thr
            self.estimator.find_people.nms_thr = nms_thr
        return read_given_frames(
            read_ahead(source, batch_size, pool), given,
            self.predictor.num_keypoints, self._report)

    def forward(self,
                frames: Iterator[GivenFrame],
                batch_size: int = 32,
                pool: Optional[ThreadPoolExecutor] = None,
                **kwargs) -> Iterator[tuple]:
        """Refine the people of images.

        Args:
            frames (Iterator[GivenFrame]): From :meth:`preprocess`.
            batch_size (int): People that are estimated or refined at once.
                Defaults to 32.
            pool (ThreadPoolExecutor, optional): Threads that crop.
            **kwargs: ``live`` and ``keep_images`` of :func:`refine_frames`.

        Returns:
            Iterator[tuple]: Frame and :class:`PoseDataSample`; see
            :func:`refine_frames`.
        """
        return refine_frames(
            frames,
            self.predictor,
            self.estimator,
            self.joint_map,
            batch_size=batch_size,
            num_workers=self.num_workers,
            pool=pool,
            **kwargs)

    def visualize(self, inputs: List[Frame], preds: List[PoseDataSample],
                  drawing: RefinementDrawer) -> List[np.ndarray]:
        """Draw the people of images, if anybody wants to see them.

        Args:
            inputs (List[Frame]): Images.
            preds (List[PoseDataSample]): Their people.
            drawing (RefinementDrawer): How.

        Returns:
            List[np.ndarray]: RGB pictures; none of images with a problem.
        """
        if not drawing.wanted:
            return []
        return [
            drawing.draw(frame.image, pred.get('pred_instances'))
            for frame, pred in zip(inputs, preds, strict=True)
            if frame.problem is None
        ]

    def postprocess(self,
                    preds: List[tuple],
                    visualization: List[np.ndarray],
                    return_datasamples: bool = False,
                    writers: Optional[Dict[str, Callable]] = None) -> dict:
        """Write the result of one image and pack it for the caller.

        Args:
            preds (List[tuple]): Frame and :class:`PoseDataSample`.
            visualization (List[np.ndarray]): RGB picture, if there is one.
            return_datasamples (bool): See :meth:`__call__`.
            writers (Dict[str, Callable], optional): What writes it.

        Returns:
            dict: See :meth:`__call__`.
        """
        [(frame, sample)] = preds
        writers = writers or {}
        if frame.problem is not None:
            self._report(frame, frame.problem)
        people = describe_instances(sample.get('pred_instances'))
        if 'predictions' in writers and frame.problem is None:
            writers['predictions'](frame, people)
        if 'coco' in writers:
            writers['coco'](frame, sample.get('pred_instances'))
        if 'visualization' in writers:
            for picture in visualization:
                writers['visualization'](frame, picture)
        return dict(
            visualization=visualization,
            predictions=[sample if return_datasamples else people],
            name=frame.name,
            problem=frame.problem)

    def _report(self, frame: Optional[Frame], problem: Problem) -> None:
        """Keep and log a problem, of no image of the input if None."""
        name = '' if frame is None else frame.name
        self.problems[name] = problem
        if frame is None:
            text = problem
        elif frame.problem is None:
            text = f'{name}: a pose is left out: {problem}'
        else:
            text = f'{name} is skipped: {problem}'
        print_log(str(text), logger='current', level=logging.WARNING)

    def _init_pipeline(self, cfg: Any) -> None:
        """Unused: every model brings its own."""


def _check_output(out: Optional[str], given: Any) -> None:
    """Refuse to write where poses or boxes are read."""
    if out and isinstance(given, (str, Path)) \
            and Path(out).resolve() == Path(given).resolve():
        raise ValueError(f'the output {out} would overwrite an input file')
