"""Pose estimators that read an input pose as well as the image."""
from collections.abc import Sequence

import numpy as np
import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.typing import (
    ConfigType,
    InstanceList,
    OptConfigType,
    OptSampleList,
    PixelDataList,
    SampleList,
)
from torch import Tensor
from torch.nn import functional as F

from .fusion import find_input_conv


@MODELS.register_module()
class PoseRefiner(TopdownPoseEstimator):
    """Top-down estimator of an image crop and an ``input_pose``.

    Two parts of the config are about the pose: ``pose_maps`` renders it, and
    ``fusion`` brings it to the backbone, which may be any of mmpose.
    By default as in `PoseFix`_, section 3.3: Gaussian maps are concatenated
    with the image, the backbone's first convolution is given the extra
    channels, and weights trained on images alone load into the image
    channels.

    The input pose comes with the data samples, as ``input_pose`` (input
    pixels, (1, K, 2)) and ``input_pose_visible`` ((1, K)) of
    ``gt_instance_labels``; the maps are rendered for the whole batch on the
    model's device.

    Note:
        - batch size: B
        - keypoint number: K
        - channels of the rendered pose: C, which is K for PoseFix
        - input size: [w, h]

    Args:
        backbone (dict): Config of a backbone on 3 channels.
        num_keypoints (int): K.
        pose_sigma (float, optional): Standard deviation of the Gaussian maps
            in input pixels. None makes one-hot maps, the fine input of the
            ablation in figure 6. Not used with ``pose_maps``.
        pose_amplitude (float): Peak of the maps. Defaults to 255. Not used
            with ``pose_maps``.
        pose_maps (dict, optional): Config of what renders the pose:
            :class:`GaussianPoseMaps`, :class:`OneHotPoseMaps`,
            :class:`ColorPoseImage`, :class:`GreyPoseImage` or
            :class:`StackedPoseMaps`. Defaults to what ``pose_sigma`` implies.
        fusion (dict, optional): Config of how the pose gets to the backbone:
            :class:`Concatenation`, :class:`PreNet` or :class:`CoAM`. Defaults
            to the first.
        passthrough_keypoints (Sequence[int]): Indices of keypoints that the
            model never learnt because its training data never annotate them;
            refinement leaves them unchanged. Defaults to none.
        channels_last (bool): Keep images, features and weights in that memory
            format, which is faster on CPUs and under AMP. Defaults to False.
        **kwargs: Further arguments of
            :class:`mmpose.models.TopdownPoseEstimator`. ``test_cfg`` knows
            ``keep_input_scores``, by default True: keypoint scores of the
            input are kept, as in the release; and ``pose_weight``, by default
            1: what the maps are multiplied by when poses are refined. Poses
            of new photos deserve less trust than those of the training did.

    .. _`PoseFix`: https://arxiv.org/abs/1812.03595
    """

    def __init__(self,
                 backbone: ConfigType,
                 *,
                 num_keypoints: int,
                 pose_sigma: float | None = 0.,
                 pose_amplitude: float = 255.,
                 pose_maps: OptConfigType = None,
                 fusion: OptConfigType = None,
                 passthrough_keypoints: Sequence[int] = (),
                 channels_last: bool = False,
                 **kwargs) -> None:
        super().__init__(backbone, **kwargs)
        self.num_keypoints = num_keypoints
        self.passthrough_keypoints = list(passthrough_keypoints)
        self.num_image_channels = find_input_conv(self.backbone).in_channels
        if pose_maps is None:
            pose_maps = dict(type='OneHotPoseMaps', amplitude=pose_amplitude)
            if pose_sigma is not None:
                pose_maps.update(type='GaussianPoseMaps', sigma=pose_sigma)
        self.pose_maps = MODELS.build(pose_maps)
        self.pose_channels = self.pose_maps.num_channels(num_keypoints)
        self.fusion = MODELS.build(
            dict(
                fusion or dict(type='Concatenation'),
                pose_channels=self.pose_channels))
        self.fusion.attach(self.backbone)
        self.memory_format = (
            torch.channels_last if channels_last else torch.contiguous_format)
        self.to(memory_format=self.memory_format)
        self.learns_coordinates = not getattr(self.head, 'quality_only', False)
        if not self.learns_coordinates:  # all but the quality rest
            self.requires_grad_(False)
            self.head.quality.requires_grad_(True)

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Run backbone and neck on images and pose maps, (B, 3 + C, h, w)."""
        feats = self.fusion(self.backbone, inputs)
        return self.neck(feats) if self.with_neck else feats

    def stack_input_poses(self,
                          data_samples: SampleList) -> tuple[Tensor, Tensor]:
        """Take input poses out of data samples, as :meth:`prepare` has them.

        Raises:
            KeyError: If a data sample has no input pose.
            ValueError: If an input pose has another number of keypoints.
        """
        labels = [sample.gt_instance_labels for sample in data_samples]
        if any('input_pose' not in label for label in labels):
            raise KeyError(
                'a data sample has no `input_pose` to refine: the pipeline '
                'must have `SynthesizePoseError` or `GetInputPose`, and pack '
                'with `PackRefineInputs`')
        pose = torch.cat([label.input_pose for label in labels])
        visible = torch.cat([label.input_pose_visible for label in labels])
        if pose.shape[1] != self.num_keypoints:
            raise ValueError(
                f'the model refines {self.num_keypoints} keypoints, got an '
                f'input_pose with {pose.shape[1]}')
        return pose, visible

    def add_maps(self, inputs: Tensor, input_pose: Tensor,
                 input_pose_visible: Tensor) -> Tensor:
        """Put the maps of input poses behind normalised images, (B, 3, h, w).

        Poses are in input pixels, (B, K, 2), and visible where above 0,
        (B, K). The result is (B, 3 + C, h, w). While the network learns, the
        maps are at full strength, else at ``pose_weight`` of ``test_cfg``.
        """
        maps = self.pose_maps(input_pose, input_pose_visible,
                              *inputs.shape[-2:])
        weight = self.test_cfg.get('pose_weight', 1.)
        if weight != 1. and not (self.training and self.learns_coordinates):
            maps = maps * weight
        inputs = torch.cat((inputs, maps.to(inputs)), dim=1)
        return inputs.contiguous(memory_format=self.memory_format)

    def prepare(self,
                images: Tensor,
                input_pose: Tensor,
                input_pose_visible: Tensor,
                flip_indices: Sequence[int] | None = None) -> Tensor:
        """Do what is before the network.

        Args:
            images (Tensor): Crops as they are loaded (BGR, 0 to 255), of any
                type, (B, 3, h, w).
            input_pose (Tensor): Input pixels, (B, K, 2).
            input_pose_visible (Tensor): Above 0 where present, (B, K).
            flip_indices (Sequence[int], optional): Twin of every keypoint,
                (K, ), for the flip test. Defaults to None: there is none.

        Returns:
            Tensor: Images and pose maps, (B, 3 + C, h, w); with the flip test
            their mirrors behind them, (2 * B, 3 + C, h, w).
        """
        pose = input_pose, input_pose_visible
        inputs = self.add_maps(self.normalize(images), *pose)
        if flip_indices is None:
            return inputs
        return torch.cat((inputs, self.flip(inputs, flip_indices, *pose)))

    def compute_maps(self, inputs: Tensor) -> Tensor:
        """Run all that takes time; see :meth:`PoseFixHead.compute_maps`."""
        return self.head.compute_maps(self.extract_feat(inputs))

    def locate(self,
               maps: Tensor,
               input_pose: Tensor,
               input_pose_visible: Tensor,
               flip_indices: Sequence[int] | None = None
               ) -> tuple[Tensor, ...]:
        """Do what is behind the network; arguments are those of the others.

        Returns:
            tuple: keypoints in input pixels, float32 (B, K, 2), their scores,
            float32 (B, K), and, where the head predicts them, those of the
            input and of the refined pose, float32 (B, 2); see
            :class:`LocatedPoses`.
        """
        mirrored = None
        if flip_indices is not None:
            half = maps.shape[0] // 2
            maps, mirrored = maps[:half], maps[half:]
        located = self.head.locate(maps, mirrored, flip_indices,
                                   (input_pose, input_pose_visible))
        scale = located.coords.new_tensor(
            self.head.decoder.scale_factor.tolist())
        results = located.coords * scale, located.keypoint_scores
        if located.pose_scores is None:
            return results
        return *results, located.pose_scores

    def refine(self, images: Tensor, *pose) -> tuple[Tensor, ...]:
        """Refine poses by tensors alone, without data samples.

        What :meth:`predict` does, in a form that can be compiled and
        exported: :meth:`prepare`, whose arguments it takes,
        :meth:`compute_maps` and :meth:`locate`, whose result it gives.
        """
        return self.locate(
            self.compute_maps(self.prepare(images, *pose)), *pose)

    def normalize(self, images: Tensor) -> Tensor:
        """Normalise crops (B, 3, h, w) as the data preprocessor does."""
        preprocessor = self.data_preprocessor
        if preprocessor._channel_conversion:
            images = images[:, [2, 1, 0]]
        images = images.float()
        if preprocessor._enable_normalize:
            images = (images - preprocessor.mean) / preprocessor.std
        return images

    def forward(self,
                inputs: Tensor,
                data_samples: OptSampleList = None,
                mode: str = 'tensor'):
        """Run as :class:`~mmpose.models.BasePoseEstimator` does.

        Args:
            inputs (Tensor): Images (B, 3, h, w). In mode ``'tensor'`` without
                data samples: images and pose maps, (B, 3 + C, h, w).
            data_samples (List[PoseDataSample], optional): With input poses.
            mode (str): ``'tensor'``, ``'loss'`` or ``'predict'``.
        """
        if data_samples is not None:
            if isinstance(inputs, list):
                inputs = torch.stack(inputs)
            inputs = self.add_maps(inputs,
                                   *self.stack_input_poses(data_samples))
        return super().forward(inputs, data_samples, mode)

    def _forward(self, inputs: Tensor, data_samples: OptSampleList = None):
        """Run the network; images alone get empty pose maps.

        mmpose's ``get_flops.py`` counts with images, (B, 3, h, w).
        """
        if inputs.shape[1] == self.num_image_channels:
            empty = inputs.new_zeros(
                (len(inputs), self.pose_channels, *inputs.shape[2:]))
            inputs = torch.cat((inputs, empty), dim=1)
        return super()._forward(inputs, data_samples)

    def flip(self,
             inputs: Tensor,
             flip_indices: Sequence[int],
             input_pose: Tensor | None = None,
             input_pose_visible: Tensor | None = None) -> Tensor:
        """Mirror images together with their input poses, (B, 3 + C, h, w).

        Where the mirror of a map stands for the map of the mirrored pose, its
        channel goes to the keypoint's twin. Elsewhere that pose is rendered,
        and the one that ``inputs`` show is needed: input pixels, (B, K, 2),
        and (B, K).
        """
        image, flip_indices = 3, list(flip_indices)
        if self.pose_maps.mirrors:
            channels = [*range(image), *(image + i for i in flip_indices)]
            return inputs[:, channels].flip(-1)
        pose = input_pose[:, flip_indices]
        pose = torch.stack((inputs.shape[-1] - 1 - pose[..., 0], pose[..., 1]),
                           dim=-1)
        return self.add_maps(inputs[:, :image].flip(-1), pose,
                             input_pose_visible[:, flip_indices])

    def predict(self, inputs: Tensor, data_samples: SampleList) -> SampleList:
        """Refine poses: ``pred_instances`` of the samples, in image pixels.

        Args:
            inputs (Tensor): Images and pose maps, (B, 3 + C, h, w).
            data_samples (List[PoseDataSample]): B data samples.
        """
        feats = self.extract_feat(inputs)
        if self.test_cfg.get('flip_test', False):
            poses = () if self.pose_maps.mirrors else \
                self.stack_input_poses(data_samples)
            mirrored = self.flip(
                inputs, data_samples[0].metainfo['flip_indices'], *poses)
            feats = [feats, self.extract_feat(mirrored)]
        preds = self.head.predict(feats, data_samples, test_cfg=self.test_cfg)
        instances, fields = preds if isinstance(preds, tuple) else (preds,
                                                                    None)
        return self.add_pred_to_datasample(instances, fields, data_samples)

    def add_pred_to_datasample(self, batch_pred_instances: InstanceList,
                               batch_pred_fields: PixelDataList | None,
                               batch_data_samples: SampleList) -> SampleList:
        """Map predictions to the image and restore what is not refined."""
        samples = super().add_pred_to_datasample(batch_pred_instances,
                                                 batch_pred_fields,
                                                 batch_data_samples)
        # which keypoint is at which place of the prediction
        indices = self.test_cfg.get('output_keypoint_indices')
        indices = list(
            range(self.num_keypoints) if indices is None else indices)
        kept = np.isin(indices, self.passthrough_keypoints)
        keep_scores = self.test_cfg.get('keep_input_scores', True)
        for sample in samples:
            inputs, pred = sample.gt_instances, sample.pred_instances
            if kept.any() and 'input_keypoints' in inputs:
                source = inputs.input_keypoints[:, indices]
                pred.keypoints[:, kept] = source[:, kept]
            if keep_scores and 'input_keypoint_scores' in inputs:
                pred.keypoint_scores = inputs.input_keypoint_scores[:, indices]
                # mmpose's visualizer tells by it what to draw
                pred.keypoints_visible = pred.keypoint_scores
            elif 'pose_scores' in pred:
                # by which mmpose's metrics rank
                inputs.bbox_scores = (inputs.bbox_scores
                                      * pred.pose_scores[:, 1])
        return samples


@MODELS.register_module()
class EndToEndPoseRefiner(PoseRefiner):
    """Refinement module on an estimator's own maps ("E2E-refine", table 1).

    What PoseFix is compared with: a module of the same architecture reads the
    image and the heatmaps of an estimator, and both are trained at once.
    There is no input pose and no synthesized error, so it fits this estimator
    only.

    Args:
        backbone (dict): Backbone of the refinement module, on 3 channels.
        estimator (dict): Config of a top-down heatmap estimator. The images
            are normalised by the refiner's data preprocessor.
        num_keypoints (int): K.
        pose_amplitude (float): What a heatmap value of 1 becomes. Defaults to
            255.
        **kwargs: Further arguments of :class:`PoseRefiner`.
    """

    def __init__(self,
                 backbone: ConfigType,
                 *,
                 estimator: ConfigType,
                 num_keypoints: int,
                 pose_amplitude: float = 255.,
                 **kwargs) -> None:
        super().__init__(
            backbone,
            num_keypoints=num_keypoints,
            pose_sigma=None,
            pose_amplitude=pose_amplitude,
            **kwargs)
        self.estimator = MODELS.build(estimator)

    def add_heatmaps(self, inputs: Tensor, feats: Sequence[Tensor]) -> Tensor:
        """Put the maps of the estimator's features behind the images."""
        maps = F.interpolate(
            self.estimator.head(feats),
            inputs.shape[-2:],
            mode='bilinear',
            align_corners=False)
        maps = maps.clamp(min=0.) * self.pose_maps.amplitude
        inputs = torch.cat((inputs, maps.to(inputs)), dim=1)
        return inputs.contiguous(memory_format=self.memory_format)

    def stack_input_poses(self, data_samples: SampleList) -> tuple:
        """Return nothing: there are no input poses."""
        return None, None

    def add_maps(self, inputs: Tensor, *_: object) -> Tensor:
        """Put the maps of the estimator behind the image channels."""
        return self.add_heatmaps(inputs, self.estimator.extract_feat(inputs))

    def forward(self,
                inputs: Tensor,
                data_samples: OptSampleList = None,
                mode: str = 'tensor'):
        """Run as :class:`PoseRefiner` does.

        In training, data samples have the labels of both heads, and the
        estimator's losses come with the prefix ``estimator_``.
        """
        if mode != 'loss':
            return super().forward(inputs, data_samples, mode)
        if isinstance(inputs, list):
            inputs = torch.stack(inputs)
        feats = self.estimator.extract_feat(inputs)
        losses = self.estimator.head.loss(
            feats, data_samples, train_cfg=self.estimator.train_cfg)
        losses = {f'estimator_{name}': loss for name, loss in losses.items()}
        losses.update(
            self.loss(self.add_heatmaps(inputs, feats), data_samples))
        return losses
