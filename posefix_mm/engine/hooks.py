"""Hooks: watch a refiner learn, and find its worst poses."""
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from mmengine.dist import all_gather_object, get_world_size, is_main_process
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmpose.engine.hooks import BadCaseAnalysisHook
from mmpose.registry import HOOKS
from mmpose.structures import PoseDataSample

from ..evaluation import can_evaluate
from ..structures.people import (
    OKS_FLOOR,
    AnnotatedPeople,
    group_indices,
    load_people,
    match_records,
    person_oks,
)
from ..structures.pose_records import PoseRecord
from ..visualization.draw import CropPoses, pose_panel

TITLES = ('input pose', 'prediction', 'truth')


def annotations_of(evaluator: Evaluator) -> Iterator[dict]:
    """Content of the COCO annotation files that metrics have read."""
    for metric in evaluator.metrics:
        content = getattr(getattr(metric, 'coco', None), 'dataset', None)
        if content:
            yield content


class _Refined(NamedTuple):
    """A pose before and after, in image pixels."""

    record: PoseRecord
    keypoints: np.ndarray


@HOOKS.register_module()
class RefineVisualizationHook(Hook):
    """Show input pose, prediction and truth on the same crops every epoch.

    At every validation of a refiner, the runner's visualizer gets

    - ``refined_poses``, one picture of a few persons, always the same ones:
      input pose, prediction and truth side by side on the crop that the
      network sees
    - ``refine/OKS_before`` and ``refine/OKS_after``, the mean OKS of all
      poses that belong to an annotated person, with that person

    and thereby all of its back ends: files, TensorBoard and so on. The losses
    by part come from mmengine's ``LoggerHook``. Without annotations there is
    neither truth nor OKS; where the data set has no poses to refine, as that
    of an ordinary estimator, nothing happens. In distributed training only
    the main process draws.

    Args:
        num_samples (int): Persons in the picture, spread evenly over the
            part of the data set that the main process sees. 0 draws none.
            Defaults to 6.
        height (int): Height of a crop in the picture. Defaults to 192.
    """

    def __init__(self, num_samples: int = 6, height: int = 192) -> None:
        if num_samples < 0:
            raise ValueError(
                f'num_samples must not be negative, got {num_samples}')
        self.num_samples = num_samples
        self.height = height
        self._refined: list[_Refined] = []
        # number, image, centre and scale of the samples that are drawn
        self._crops: list[tuple] = []
        self._chosen: set = set()
        self._people: AnnotatedPeople | None = None
        self._searched = False

    def before_val_epoch(self, runner: Runner) -> None:
        """Forget the last epoch and choose who is drawn."""
        self._refined, self._crops, self._chosen = [], [], set()
        if is_main_process() and self.num_samples:
            own = -(-len(runner.val_dataloader.dataset) // get_world_size())
            self._chosen = set(
                np.linspace(0, own - 1, min(self.num_samples,
                                            own)).astype(int).tolist())

    def after_val_iter(
            self,
            runner: Runner,
            batch_idx: int,
            data_batch: dict | None = None,
            outputs: Sequence[PoseDataSample] | None = None) -> None:
        """Keep the poses of a batch, and the crops that are drawn."""
        for row, sample in enumerate(outputs or ()):
            if 'input_keypoints' not in sample.gt_instances:
                return
            number = len(self._refined)
            self._refined.append(_refined(sample, number))
            if number in self._chosen:
                image = data_batch['inputs'][row].cpu().numpy()
                self._crops.append(
                    (number, image[::-1].transpose(1, 2, 0),
                     np.asarray(sample.metainfo['input_center']),
                     np.asarray(sample.metainfo['input_scale'])))

    def after_val_epoch(self,
                        runner: Runner,
                        metrics: dict[str, float] | None = None) -> None:
        """Show the persons and the OKS of all."""
        own = self._refined
        parts = all_gather_object(own)  # all processes must take part
        if not is_main_process() or not any(parts):
            return
        metainfo = runner.val_dataloader.dataset.metainfo
        sigmas = np.asarray(metainfo['sigmas'])
        everyone = [pose for part in parts for pose in part]
        persons = np.full(len(everyone), -1)
        self._find_people(runner, len(sigmas))
        if self._people is not None:
            index, person, _ = match_records(
                [pose.record for pose in everyone], self._people, sigmas)
            persons[index] = person
            if len(index):
                runner.visualizer.add_scalars(
                    self._scalars(everyone, persons, sigmas),
                    step=_epoch(runner))
        if self._crops:
            # the main process is the first one, so its poses come first
            runner.visualizer.add_image(
                'refined_poses',
                pose_panel([
                    self._drawn(own[number], persons[number], *crop)
                    for number, *crop in self._crops
                ], TITLES, metainfo, self.height),
                step=_epoch(runner))
        self._refined, self._crops = [], []

    def _find_people(self, runner: Runner, num_keypoints: int) -> None:
        """Take the annotations of the first metric that has any."""
        if self._searched:
            return
        self._searched = True
        for content in annotations_of(runner.val_evaluator):
            try:
                if can_evaluate(content, num_keypoints):
                    self._people = load_people(content, num_keypoints)
                    return
            except ValueError as error:
                print_log(
                    f'no truth and no OKS are shown at validation: {error}',
                    logger='current')

    def _scalars(self, poses: list[_Refined], persons: np.ndarray,
                 sigmas: np.ndarray) -> dict[str, float]:
        """Mean OKS of poses with a person."""
        visible = np.stack([pose.record.visible for pose in poses])
        before, after = (
            np.nanmean(
                person_oks(keypoints, visible, persons, self._people, sigmas))
            for keypoints in (np.stack([p.record.keypoints for p in poses]),
                              np.stack([p.keypoints for p in poses])))
        return {
            'refine/OKS_before': float(before),
            'refine/OKS_after': float(after)
        }

    def _drawn(self, pose: _Refined, person: int, image: np.ndarray,
               center: np.ndarray, scale: np.ndarray) -> CropPoses:
        """Bring the poses of a sample to the pixels of its crop."""
        poses = [pose.record.keypoints, pose.keypoints]
        visible: list[Any] = [pose.record.visible, pose.record.visible]
        if person >= 0:
            poses.append(self._people.keypoints[person])
            visible.append(self._people.visible[person])
        size, missing = np.array(image.shape[1::-1]), [None] * (person < 0)
        return CropPoses(
            image, [((points - center) / scale + .5) * size
                    for points in poses] + missing, visible + missing)


def _refined(sample: PoseDataSample, number: int) -> _Refined:
    """Take both poses out of a sample, in image pixels."""
    labels, meta = sample.gt_instances, sample.metainfo
    visible = np.asarray(labels.keypoints_visible[0]) > 0
    return _Refined(
        PoseRecord(
            number,
            None,
            image_id=meta['img_id'],
            category_id=int(meta.get('category_id', 1)),
            score=float(labels.bbox_scores[0]),
            keypoints=np.asarray(labels.input_keypoints[0]),
            visible=visible), np.asarray(sample.pred_instances.keypoints[0]))


def _epoch(runner: Runner) -> int:
    """Number of finished epochs; 0 where there is no training."""
    loop = getattr(runner, '_train_loop', None)
    return 0 if loop is None or isinstance(loop, dict) else runner.epoch


@HOOKS.register_module()
class OKSBadCaseHook(BadCaseAnalysisHook):
    """Draw poses whose OKS is low after refinement.

    mmpose's hook takes the keypoints of a sample for the truth; those of a
    refiner's samples are the poses to be refined. Here the truth is that of
    the annotated person whom the input pose has the highest OKS with; a pose
    that belongs to nobody has an OKS of 0.

    Args:
        badcase_thr (float): A pose with an OKS up to this is a bad case.
            Defaults to 0.5.
        metric_type (str): What mmpose's tool asks for; not used.
        metric (Any, optional): The same.
        **kwargs: Further arguments of mmpose's ``BadCaseAnalysisHook``.
    """

    def __init__(self,
                 *,
                 badcase_thr: float = .5,
                 metric_type: str = 'accuracy',
                 metric: Any = None,
                 **kwargs) -> None:
        super().__init__(badcase_thr=badcase_thr, **kwargs)
        self.metric_name = 'OKS'
        self._people: AnnotatedPeople | None = None
        self._of_image: dict[Any, np.ndarray] = {}

    def before_test_epoch(self, runner: Runner) -> None:
        """Read the annotations of the first metric that has any.

        Raises:
            ValueError: If no metric has annotations.
        """
        if not self.enable:
            return
        meta = runner.test_evaluator.dataset_meta
        self._sigmas = np.asarray(meta['sigmas'])
        for content in annotations_of(runner.test_evaluator):
            self._people = load_people(content, len(self._sigmas))
            self._of_image = group_indices(self._people.image_id)
            return
        raise ValueError(
            '--badcase needs annotations, and no metric of test_evaluator '
            'has an ann_file in COCO form; `posefix report` shows what '
            'refinement changed without any')

    def check_badcase(self, data_batch: Sequence[dict] | None,
                      data_sample: PoseDataSample) -> tuple[bool, float]:
        """Decide whether a pose is bad, by its OKS, and give that.

        The truth is put into the sample.
        """
        truth, pred = data_sample.gt_instances, data_sample.pred_instances
        persons = self._of_image.get(data_sample.img_id, ())
        oks = 0.
        if len(persons):
            present = truth.keypoints_visible > 0
            before = self._oks(truth.keypoints, present, persons)
            person = persons[before.argmax()]
            if before.max() >= OKS_FLOOR:
                oks = float(self._oks(pred.keypoints, present, [person])[0])
                truth.keypoints = self._people.keypoints[[person]]
                truth.keypoints_visible = self._people.visible[[person]] * 1.
        return oks <= self.badcase_thr, oks

    def _oks(self, pose: np.ndarray, present: np.ndarray,
             persons: Sequence[int]) -> np.ndarray:
        """OKS of one pose, (1, K, 2), with several persons."""
        return person_oks(pose, present, persons, self._people, self._sigmas)
