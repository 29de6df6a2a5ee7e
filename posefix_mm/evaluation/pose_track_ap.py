"""Average precision of joints, as PoseTrack evaluates poses in frames.

A joint is right within half a head's size of its place. Each pose goes to the
annotated person of whose joints it has the largest share right, and of the
poses that go to one person only the best one is kept. Then every joint is
evaluated by itself: joints of poses without a person, and joints that their
person does not have annotated, are wrong. Numbers are those of poseval
(https://github.com/leonid-pishchulin/poseval), oddities included.
"""
import json
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mmpose.evaluation.functional import oks_nms, soft_oks_nms
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS

# A head is as large as 0.6 of the diagonal of its box.
_HEAD_SHARE = 0.6
#: Joints that are reported together.
_GROUPS = {
    'Head': ('nose', 'head_bottom', 'head_top'),
    **{group: (f'left_{name}', f'right_{name}')
       for group, name in (('Shou', 'shoulder'), ('Elb', 'elbow'),
                           ('Wri', 'wrist'), ('Hip', 'hip'),
                           ('Knee', 'knee'), ('Ankl', 'ankle'))}
}


class FramePeople(NamedTuple):
    """The annotated persons of a frame."""

    keypoints: np.ndarray  #: Image pixels, (P, K, 2)
    visible: np.ndarray  #: Whether annotated, bool (P, K)
    head_size: np.ndarray  #: Image pixels, (P, )


class FramePoses(NamedTuple):
    """The estimated poses of a frame."""

    keypoints: np.ndarray  #: Image pixels, (N, K, 2)
    scores: np.ndarray  #: (N, K)
    present: np.ndarray  #: Whether estimated, bool (N, K)


def match_joints(people: FramePeople, poses: FramePoses,
                 thr: float) -> np.ndarray:
    """Find which joints of a frame's poses are right, bool (N, K).

    ``thr`` is the distance up to which a joint is right, in head sizes.
    """
    right = np.zeros(poses.present.shape, bool)
    if not len(right) or not len(people.keypoints):
        return right
    # (N, P, K)
    distances = np.linalg.norm(
        poses.keypoints[:, None] - people.keypoints[None], axis=-1)
    # divided, not multiplied: to the last digit what poseval compares
    with np.errstate(divide='ignore', invalid='ignore'):
        distances /= people.head_size[:, None]
    near = ((distances <= thr)
            & poses.present[:, None] & people.visible[None])
    share = near.sum(-1) / np.maximum(people.visible.sum(-1), 1)
    # a pose keeps its best person only, then a person its best pose
    rows, best = np.arange(len(share)), share.argmax(1)
    kept = np.zeros_like(share)
    kept[rows, best] = share[rows, best]
    for person in np.flatnonzero(kept.max(0) > 0):
        pose = kept[:, person].argmax()
        right[pose] = near[pose, person]
    return right


def area_under_curve(right: np.ndarray, scores: np.ndarray,
                     count: int) -> float:
    """Average precision, 0 to 1, from a list of detections.

    The area under the precision that is made to fall with recall; 0 without
    detections, else NaN where there is nothing to be found.

    Of equal scores, and joints often have the same, it depends on the order
    which comes first; poseval sorts rising by NumPy's default, which is not
    stable, and turns the order round.

    ``right`` (N, ) tells which detections are right, ``count`` how many there
    are to be found.
    """
    if not len(scores):
        return 0.
    if count == 0:
        return float('nan')
    right = right[np.argsort(scores)[::-1]]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right).sum() / count)


def joint_precisions(people: Sequence[FramePeople],
                     poses: Sequence[FramePoses],
                     thr: float = .5) -> np.ndarray:
    """Average precision of every joint over all frames, 0 to 1, (K, ).

    NaN for joints that are found though nobody has them annotated. ``thr`` is
    the distance up to which a joint is right, in head sizes.
    """
    right = np.concatenate([
        match_joints(*frame, thr)
        for frame in zip(people, poses, strict=True)])
    scores = np.concatenate([frame.scores for frame in poses])
    present = np.concatenate([frame.present for frame in poses])
    counts = sum(frame.visible.sum(0) for frame in people)
    return np.array([
        area_under_curve(right[rows, joint], scores[rows, joint],
                         counts[joint])
        for joint, rows in enumerate(present.T)])


@METRICS.register_module()
class PoseTrackAP(CocoMetric):
    """Per-joint AP of PoseTrack18, and results in a file for each video.

    Takes the arguments and has the statistics of mmpose's
    ``PoseTrack18Metric``, which needs the package poseval. The numbers are
    poseval's: of equal scores the last comes first, frames without people do
    not count, a joint is annotated where anything but zeros is written, and
    what lies in a frame's ``ignore_regions_x``, ``ignore_regions_y`` does not
    count. Unlike in mmpose's metric, joints that nobody has annotated, the
    ears, are no part of OKS-NMS.

    Args:
        ann_file (str): Annotations of all videos, as mmpose has them, with
            ``bbox_head`` of each person.
        outfile_prefix (str, optional): The files of the videos, such as
            ``000342_mpii_test.json``, go to the folder of this. Defaults to
            None: they are not kept.
        **kwargs: Further arguments of
            :class:`mmpose.evaluation.metrics.CocoMetric`.
    """

    default_prefix: str | None = 'posetrack18'

    def __init__(self, ann_file: str, **kwargs) -> None:
        super().__init__(ann_file, **kwargs)
        # without the parent's, which takes all joints
        mode, self.nms_mode = getattr(self, 'nms_mode'), 'none'  # noqa: B009
        self._nms = dict(
            oks_nms=oks_nms, soft_oks_nms=soft_oks_nms).get(mode)

    def results2json(self, keypoints: dict[int, list],
                     outfile_prefix: str) -> None:
        """Drop duplicates and write the poses, a file for each video.

        To the folder of ``outfile_prefix``; ``keypoints`` are poses by image,
        of each x, y, score in image pixels, (K, 3).
        """
        self._poses = {image: self._without_duplicates(poses)
                       for image, poses in keypoints.items()}
        names = list(self.dataset_meta['keypoint_id2name'].values())
        videos = defaultdict(list)
        for image in self.coco.dataset['images']:
            videos[Path(image['file_name']).parent.name].append(image)
        folder = Path(outfile_prefix).parent
        folder.mkdir(parents=True, exist_ok=True)
        for video, images in videos.items():
            content = dict(
                images=[dict(id=i['id'], file_name=i['file_name'])
                        for i in images],
                categories=[dict(id=1, name='person', keypoints=names)],
                annotations=[
                    self._annotation(pose, track) for image in images
                    for track, pose in enumerate(
                        self._poses.get(image['id'], []))])
            (folder / f'{video}.json').write_text(json.dumps(content))

    def _without_duplicates(self, poses: list[dict]) -> list[dict]:
        """Keep the poses of an image that OKS-NMS keeps."""
        if self._nms is None:
            return poses
        joints = self._annotated_joints  # that anybody has
        kept = self._nms(
            [dict(p, keypoints=p['keypoints'][joints]) for p in poses],
            self.nms_thr, sigmas=self.dataset_meta['sigmas'][joints])
        return [poses[index] for index in kept]

    @cached_property
    def _annotated_joints(self) -> np.ndarray:
        poses = self._values(self.coco.dataset['annotations'])
        return (poses != 0).any((0, 2))

    @staticmethod
    def _annotation(pose: dict, track: int) -> dict:
        values = np.asarray(pose['keypoints'], np.float64)
        return dict(
            image_id=pose['img_id'],
            track_id=track,  # there are no tracks: counts within the frame
            keypoints=values.ravel().tolist(),
            scores=values[:, 2].tolist(),
            score=float(pose['score']))

    def _do_python_keypoint_eval(self, outfile_prefix: str) -> list[tuple]:
        """Evaluate the poses that were written: names and percents."""
        people = defaultdict(list)
        for person in self.coco.dataset['annotations']:
            if 'keypoints' in person and 'bbox_head' in person:
                people[person['image_id']].append(person)
        frames = []
        for image in self.coco.dataset['images']:
            if people[image['id']]:
                ignored = _regions(image)
                frames.append((
                    self._frame_people(people[image['id']], ignored),
                    self._frame_poses(self._poses.get(image['id'], []),
                                      ignored)))
        precisions = 100 * joint_precisions(*zip(*frames, strict=True))
        names = self.dataset_meta['keypoint_name2id']
        joints = {group: [precisions[names[name]] for name in members]
                  for group, members in _GROUPS.items()}
        return [*((f'{group} AP', float(np.mean(values)))
                  for group, values in joints.items()),
                ('AP', float(np.nanmean(sum(joints.values(), []))))]

    def _frame_people(self, people: list[dict],
                      regions: list[np.ndarray]) -> FramePeople:
        poses = self._values(people)
        heads = np.array([p['bbox_head'] for p in people]).reshape(-1, 4)
        # a joint with coordinates is annotated, whatever its flag
        visible = (poses != 0).any(-1) & ~_inside(poses[..., :2], regions)
        # without regions, nobody is taken out for having no joints
        kept = visible.any(1) | (not regions)
        return FramePeople(
            poses[kept, :, :2], visible[kept],
            _HEAD_SHARE * np.linalg.norm(heads[kept, 2:], axis=1))

    def _frame_poses(self, poses: list[dict],
                     regions: list[np.ndarray]) -> FramePoses:
        values = self._values(poses)
        present = (values != 0).any(-1) & ~_inside(values[..., :2], regions)
        return FramePoses(values[..., :2], values[..., 2], present)

    def _values(self, people: list[dict]) -> np.ndarray:
        """Keypoints of those that have any, (N, K, 3)."""
        return np.array(
            [p['keypoints'] for p in people if 'keypoints' in p],
            np.float64).reshape(-1, self.dataset_meta['num_keypoints'], 3)


def _regions(image: dict) -> list[np.ndarray]:
    """Polygons of a frame that are to be ignored, float32 (N, 2) each."""
    return [
        np.column_stack(polygon).astype(np.float32) for polygon in zip(
            image.get('ignore_regions_x', []),
            image.get('ignore_regions_y', []),
            strict=True) if len(polygon[0]) > 2]


def _inside(points: np.ndarray, regions: list[np.ndarray]) -> np.ndarray:
    """Whether points, (N, K, 2), lie within a polygon, bool (N, K)."""
    inside = np.zeros(points.shape[:2], bool)
    for region in regions:
        for place in np.ndindex(inside.shape):
            inside[place] |= cv2.pointPolygonTest(
                region, points[place].tolist(), False) > 0
    return inside
