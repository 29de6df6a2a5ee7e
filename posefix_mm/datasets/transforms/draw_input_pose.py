"""Choose the input pose before the crop, and crop by it."""
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.datasets.transforms import RandomHalfBody
from mmpose.registry import TRANSFORMS

from ...structures.boxes import pose_extent, shown_weights
from ...structures.oks import INVERSION
from .synthesize_pose_error import SynthesizePoseError


@TRANSFORMS.register_module()
@dataclass(eq=False)
class DrawInputPose(BaseTransform):
    """Draw a real prediction, or synthesize errors, in image pixels.

    The drawn pose becomes the second row of ``keypoints``, so that
    every geometric transform moves it with the person, until
    :class:`TakeInputPose` removes it after the crop. That is how refiners
    are trained whose crop is that of the pose to be refined (`BUCTD`_), and
    how any refiner is trained on what estimators really predict for its
    training images.

    Required Keys:

        - keypoints, keypoints_visible: as :class:`PoseRefineDataset` has them
        - img_shape, bbox, flip_indices, sigmas, keypoint_names
        - real_poses, real_visible, real_scores: (M, K, 2) and (M, K),
          predictions of this person, of the same dataset (optional)

    Modified Keys:

        - keypoints, keypoints_visible: the person and, if one was drawn, the
          input pose

    Added Keys:

        - has_input_pose: bool, whether one was drawn

    Args:
        errors (dict, optional): Config of a :class:`SynthesizePoseError` for
            poses that are not real. Defaults to None: errors are left to
            :class:`TakeInputPose`.
        real_prob (float): Share of the samples that show a real prediction,
            where there is any. Defaults to 1.
        weigh_scores (bool): Show each keypoint of a real prediction as
            strongly as its score, as ``GetInputPose`` does. Defaults to
            False.

    .. _`BUCTD`: https://arxiv.org/abs/2306.07879
    """

    errors: dict | None = None
    _: KW_ONLY
    real_prob: float = 1.
    weigh_scores: bool = False

    def __post_init__(self) -> None:
        if self.errors is not None:
            self.errors = TRANSFORMS.build(self.errors)

    def transform(self, results: dict) -> dict:
        """Draw the input pose of one person."""
        poses = results.pop('real_poses', ())
        visible = results.pop('real_visible', ())
        scores = results.pop('real_scores', ())
        if len(poses) and np.random.rand() < self.real_prob:
            index = np.random.randint(len(poses))
            pose, weights = poses[index], shown_weights(
                visible[index], scores[index] if self.weigh_scores else None)
        elif self.errors is not None:
            # as in a crop that is the whole image
            size = np.array(results['img_shape'][1::-1])
            sample = self.errors(
                dict(
                    results,
                    transformed_keypoints=results['keypoints'],
                    input_size=size,
                    bbox_scale=size[None].astype(np.float32)))
            pose, weights = (
                sample[key][0] for key in ('input_pose', 'input_pose_visible'))
        else:
            results['has_input_pose'] = False
            return results
        for key, row in (('keypoints', pose), ('keypoints_visible', weights)):
            results[key] = np.stack((results[key][0], row)).astype(np.float32)
        results['has_input_pose'], results['num_near'] = True, 0
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class TakeInputPose(BaseTransform):
    """Move the drawn pose from ``keypoints`` to ``input_pose``.

    Comes after the crop (``TopdownAffine``).

    Required Keys:

        - transformed_keypoints, keypoints, keypoints_visible,
          has_input_pose: as :class:`DrawInputPose` has left them
        - those of ``errors`` (optional)

    Modified Keys:

        - transformed_keypoints, keypoints, keypoints_visible: the person's
          row only

    Added Keys:

        - input_pose: input pixels, float32 (1, K, 2)
        - input_pose_visible: float32 (1, K), 0 where absent, else 1 or the
          score

    Args:
        errors (dict, optional): Config of a :class:`SynthesizePoseError` for
            samples for which no pose was drawn. Defaults to None: there must
            not be any.
    """

    errors: dict | None = None

    def __post_init__(self) -> None:
        if self.errors is not None:
            self.errors = TRANSFORMS.build(self.errors)

    def transform(self, results: dict) -> dict:
        """Move the input pose.

        Raises:
            ValueError: If no pose was drawn and errors are not synthesized.
        """
        if not results.get('has_input_pose'):
            if self.errors is None:
                raise ValueError(
                    'no input pose was drawn: `DrawInputPose` must come '
                    'before, with `errors` for persons without a real '
                    'prediction, or `TakeInputPose` must have `errors`')
            return self.errors(results)
        results['input_pose'] = results['transformed_keypoints'][1:2].astype(
            np.float32)
        results['input_pose_visible'] = results['keypoints_visible'][
            1:2].astype(np.float32)
        for key in ('transformed_keypoints', 'keypoints', 'keypoints_visible'):
            results[key] = results[key][:1]
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class CropByInputPose(BaseTransform):
    """Box the pose to be refined, as BUCTD does; before the crop.

    Its extent and a margin, clipped to the image. A pose without extent gets
    20 pixels; BUCTD's crop collapses there.

    Required Keys:

        - img_shape
        - keypoints, keypoints_visible: the pose is their last row: the one
          of :class:`DrawInputPose`, or the sample's own in testing
        - has_input_pose (optional): where no pose was drawn, the box stays

    Modified Keys: bbox

    Added Keys:

        - person_bbox: ``bbox`` as it was

    Args:
        margin (float): In image pixels. Defaults to 25, BUCTD's; its COCO
            W48 has 0.
        expand (float): Factor of the sides, before the margin is added.
            Defaults to 1.
    """

    margin: float = 25.
    expand: float = 1.

    def transform(self, results: dict) -> dict:
        """Set the box."""
        if not results.get('has_input_pose', True):
            return results
        low, high = pose_extent(results['keypoints'][-1:],
                                results['keypoints_visible'][-1:])
        size = np.array(results['img_shape'][1::-1], np.float32)
        margin = self.margin + (self.expand - 1) * (high - low) / 2
        low = (low - margin).clip(0, size)
        high = (high + margin).clip(0, size)
        if (high - low).max() <= 0:
            low, high = low - 10, high + 10
        results.setdefault('person_bbox', results['bbox'])
        results['bbox'] = np.concatenate((low, high), -1).astype(np.float32)
        return results


@TRANSFORMS.register_module()
class RandomHalfBodyOfPerson(RandomHalfBody):
    """mmpose's, for samples with an input pose in ``keypoints``.

    The half is one of the annotated body, whatever the input pose looks like.
    """

    def transform(self, results: dict) -> dict:
        """Crop to half a body; see ``RandomHalfBody``."""
        keypoints, visible = results['keypoints'], results['keypoints_visible']
        results.update(keypoints=keypoints[:1], keypoints_visible=visible[:1])
        results = super().transform(results)
        results.update(keypoints=keypoints, keypoints_visible=visible)
        return results


@TRANSFORMS.register_module()
class BUCTDPoseError(SynthesizePoseError):
    """Errors as BUCTD's release calls PoseFix's synthesis.

    There the annotation flags get lost, which makes another distribution of
    it: the rules for few joints hold for all persons, there is no inversion,
    the area is that of the joints' extent, and joints without annotation are
    invented around the image's origin. Published models were trained on that.
    For use in a :class:`DrawInputPose`.

    Keys and arguments are those of :class:`SynthesizePoseError`.
    """

    def build_probabilities(self, names: Sequence[str]) -> np.ndarray:
        """Take the rule for no joint and no near person for everybody."""
        table = super().build_probabilities(names)
        first = table[:1, :1].copy()
        # impossible there, so what is left is scaled up
        first[:, :, INVERSION] = 0
        first /= first.sum(2, keepdims=True)
        return np.broadcast_to(first, table.shape).copy()

    def transform(self, results: dict) -> dict:
        """Synthesize; see :class:`SynthesizePoseError`."""
        low, high = pose_extent(results['keypoints'][:1],
                                results['keypoints_visible'][:1])
        return super().transform(
            dict(results, bbox=np.concatenate((low, high), -1)))

    @staticmethod
    def _own_places(keypoints: np.ndarray, known: np.ndarray,
                    persons: int) -> tuple[np.ndarray, np.ndarray]:
        """Annotated places, else the image's origin."""
        places = np.where(known[:1, :, None], keypoints[:1], 0)
        return places, np.ones_like(known[:1])
