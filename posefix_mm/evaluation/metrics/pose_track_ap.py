"""PoseTrack's average precision without poseval."""
import json
from collections import defaultdict
from pathlib import Path
from typing import Dict, List, Optional

import numpy as np
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS

from ..joint_precision import FramePeople, FramePoses, joint_precisions

# A head is as large as 0.6 of the diagonal of its box.
_HEAD_SHARE = 0.6
#: Joints that are reported together.
_GROUPS = {
    'Head': ('nose', 'head_bottom', 'head_top'),
    **{
        shown: (f'left_{name}', f'right_{name}')
        for shown, name in (('Shou', 'shoulder'), ('Elb', 'elbow'),
                            ('Wri', 'wrist'), ('Hip', 'hip'),
                            ('Knee', 'knee'), ('Ankl', 'ankle'))
    }
}


@METRICS.register_module()
class PoseTrackAP(CocoMetric):
    """Per-joint AP of PoseTrack18, and results in a file for each video.

    Takes the arguments of, and gives the same statistics as, mmpose's
    ``PoseTrack18Metric``, which needs the package poseval. This one is an
    implementation of its own and has not been compared with poseval's
    numbers. Frames without labels do not count; regions that annotations tell
    to ignore are not ignored.

    Args:
        ann_file (str): Annotations of all videos, as mmpose has them, with
            ``bbox_head`` of each person.
        outfile_prefix (str, optional): The files of the videos, such as
            ``000342_mpii_test.json``, go to the folder of this. Defaults to
            None: they are not kept.
        **kwargs: Further arguments of
            :class:`mmpose.evaluation.metrics.CocoMetric`.
    """

    default_prefix: Optional[str] = 'posetrack18'

    def __init__(self, ann_file: str, **kwargs) -> None:
        super().__init__(ann_file, **kwargs)

    def results2json(self, keypoints: Dict[int, list],
                     outfile_prefix: str) -> None:
        """Write the poses, a file for each video.

        Args:
            keypoints (Dict[int, list]): Poses by image; ``keypoints`` of each
                are x, y, score in image pixels, (K, 3).
            outfile_prefix (str): The files go to the folder of this.
        """
        self._poses = keypoints
        names = list(self.dataset_meta['keypoint_id2name'].values())
        videos = defaultdict(list)
        for image in self.coco.dataset['images']:
            videos[Path(image['file_name']).parent.name].append(image)
        folder = Path(outfile_prefix).parent
        folder.mkdir(parents=True, exist_ok=True)
        for video, images in videos.items():
            content = dict(
                images=[
                    dict(id=i['id'], file_name=i['file_name']) for i in images
                ],
                categories=[dict(id=1, name='person', keypoints=names)],
                annotations=[
                    self._annotation(pose, track) for image in images
                    for track, pose in enumerate(keypoints.get(
                        image['id'], []))
                ])
            (folder / f'{video}.json').write_text(json.dumps(content))

    @staticmethod
    def _annotation(pose: dict, track: int) -> dict:
        values = np.asarray(pose['keypoints'], np.float64)
        return dict(
            image_id=pose['img_id'],
            track_id=track,  # there are no tracks: counts within the frame
            keypoints=values.ravel().tolist(),
            scores=values[:, 2].tolist(),
            score=float(pose['score']))

    def _do_python_keypoint_eval(self, outfile_prefix: str) -> List[tuple]:
        """Evaluate the poses that were written.

        Args:
            outfile_prefix (str): Not used.

        Returns:
            List[tuple]: Names and values of the statistics, in percent.
        """
        people = defaultdict(list)
        for person in self.coco.dataset['annotations']:
            if 'keypoints' in person and 'bbox_head' in person:
                people[person['image_id']].append(person)
        images = [
            image['id'] for image in self.coco.dataset['images']
            if image.get('is_labeled', True)
        ]
        precisions = 100 * joint_precisions(
            [self._frame_people(people[i]) for i in images],
            [self._frame_poses(self._poses.get(i, [])) for i in images])
        names = self.dataset_meta['keypoint_name2id']
        table = [(f'{shown} AP',
                  float(np.mean([precisions[names[n]] for n in group])))
                 for shown, group in _GROUPS.items()]
        return [*table, ('AP', float(np.nanmean(precisions)))]

    def _frame_people(self, people: List[dict]) -> FramePeople:
        number = self.dataset_meta['num_keypoints']
        poses = np.array([p['keypoints'] for p in people], np.float64).reshape(
            -1, number, 3)
        heads = np.array([p['bbox_head'] for p in people]).reshape(-1, 4)
        return FramePeople(poses[..., :2], poses[..., 2] > 0,
                           _HEAD_SHARE * np.linalg.norm(heads[:, 2:], axis=1))

    def _frame_poses(self, poses: List[dict]) -> FramePoses:
        number = self.dataset_meta['num_keypoints']
        values = np.array([p['keypoints'] for p in poses], np.float64).reshape(
            -1, number, 3)
        return FramePoses(values[..., :2], values[..., 2],
                          (values != 0).any(-1))
