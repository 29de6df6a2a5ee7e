"""PCKh of the poses of a results file."""
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from mmpose.evaluation.metrics import MpiiPCKAccuracy
from mmpose.registry import DATASETS, METRICS

from ..structures.boxes import pairwise_iou, pose_to_bbox

# Where the joints of a person whom nobody found are taken to be, in pixels
# from the true place: farther than any head is long.
_FAR = 1e6


@METRICS.register_module()
class MatchedMpiiPCKAccuracy(MpiiPCKAccuracy):
    """MPII's PCKh for poses that do not come from the annotations.

    mmpose's metric takes the truth from the samples, which are made of
    annotations; those of :class:`PoseResultsDataset` are made of a results
    file. Here every annotated person is given one pose of its image: pairs of
    annotation and pose are taken in order of the overlap (IoU) of the box of
    the annotated joints and the box of the *input* pose, so that the pairs
    are the same before and after refinement. Persons without a pose count as
    missed, and poses without a person do not count, as in MPII's protocol.

    Args:
        ann_file (str): Annotations as mmpose has them, of the persons that
            ``headbox_file`` is about.
        headbox_file (str): MPII's head boxes, ``mpii_gt_val.mat``.
        **kwargs: Further arguments of
            :class:`mmpose.evaluation.metrics.MpiiPCKAccuracy`.
    """

    default_prefix: str | None = 'mpii'

    def __init__(self, ann_file: str, headbox_file: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.ann_file = ann_file
        self.headbox_file = headbox_file

    def process(self, data_batch: Sequence[dict],
                data_samples: Sequence[dict]) -> None:
        """Keep the refined pose and the box of the input pose.

        Of each of ``data_samples``, outputs of the model: ``id``, ``img_id``,
        ``pred_instances.keypoints`` (image pixels, (1, K, 2)) and
        ``gt_instances.bboxes`` ((1, 4)).
        """
        self.results += [
            dict(id=sample['id'], img_id=sample['img_id'],
                 keypoints=sample['pred_instances']['keypoints'],
                 bbox=sample['gt_instances']['bboxes'])
            for sample in data_samples]

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Match the poses that were kept to persons: PCKh in percent."""
        unique = {result['id']: result for result in results}
        poses = defaultdict(list)
        for result in unique.values():
            poses[result['img_id']].append(result)
        dataset = DATASETS.build(dict(
            type='MpiiDataset', ann_file=self.ann_file,
            headbox_file=self.headbox_file, test_mode=True, pipeline=[]))
        people = defaultdict(list)
        for index in range(len(dataset)):
            person = dataset.get_data_info(index)
            people[person['img_id']].append(person)
        return super().compute_metrics([
            pair for img_id, persons in people.items()
            for pair in _match(persons, poses[img_id])])


def _match(people: list[dict], results: list[dict]) -> list[dict]:
    """Give every person of an image a pose, or one far away.

    Returns what ``MpiiPCKAccuracy`` computes with.
    """
    truth = np.concatenate([p['keypoints'] for p in people])
    visible = np.concatenate([p['keypoints_visible'] for p in people]) > 0
    poses = truth + _FAR
    if results:
        iou = pairwise_iou(pose_to_bbox(truth, visible),
                           np.concatenate([r['bbox'] for r in results]))
        while iou.max() > 0:
            person, pose = np.unravel_index(iou.argmax(), iou.shape)
            poses[person] = results[pose]['keypoints'][0]
            iou[person], iou[:, pose] = 0, 0
    return [dict(pred_coords=poses[i:i + 1], gt_coords=truth[i:i + 1],
                 mask=visible[i:i + 1],
                 head_size=np.repeat(person['head_size'], 2, axis=1))
            for i, person in enumerate(people)]
