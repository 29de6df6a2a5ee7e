"""The worst poses of a test, for ``tools/test.py --badcase``."""
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import Evaluator
from mmengine.runner import Runner
from mmpose.engine.hooks import BadCaseAnalysisHook
from mmpose.registry import HOOKS
from mmpose.structures import PoseDataSample

from ...structures.matching import OKS_FLOOR, person_oks
from ...structures.people import AnnotatedPeople, group_indices, load_people


def annotations_of(evaluator: Evaluator) -> Iterator[dict]:
    """Content of the COCO annotation files that metrics have read."""
    for metric in evaluator.metrics:
        content = getattr(getattr(metric, 'coco', None), 'dataset', None)
        if content:
            yield content


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
        """Decide whether a pose is bad, and put the truth into the sample.

        Returns:
            tuple: whether its OKS is at most ``badcase_thr``, and the OKS.
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
