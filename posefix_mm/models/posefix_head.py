"""The PoseFix head: deconvolutions, spatial softmax, soft-argmax."""
from typing import List, NamedTuple, Optional, Sequence, Tuple

import torch
from mmengine.structures import PixelData
from mmpose.evaluation.functional import keypoint_pck_accuracy
from mmpose.models.heads import HeatmapHead
from mmpose.models.utils.tta import flip_heatmaps
from mmpose.registry import MODELS
from mmpose.utils.tensor_utils import to_numpy
from mmpose.utils.typing import ConfigType, OptConfigType, Predictions
from torch import Tensor, nn
from torch.nn import functional as F

from .pose_quality import PredictedQuality

NORMALIZATIONS = ('release', 'paper')


class LocatedPoses(NamedTuple):
    """What :meth:`PoseFixHead.locate` finds.

    Attributes:
        coords (Tensor): Heatmap pixels, (B, K, 2).
        heatmaps (Tensor): Softmax maps, (B, K, H, W).
        keypoint_scores (Tensor): Peaks of the maps; predicted keypoint
            similarities where the head has a :class:`PoseQuality`, (B, K).
        pose_scores (Tensor | None): Predicted OKS of the input pose and of
            this one, (B, 2); None without a :class:`PoseQuality`.
        quality (PredictedQuality | None): Its logits, before any pose was
            kept.
    """

    coords: Tensor
    heatmaps: Tensor
    keypoint_scores: Tensor
    pose_scores: Optional[Tensor] = None
    quality: Optional[PredictedQuality] = None


@MODELS.register_module()
class PoseFixHead(HeatmapHead):
    """Integral regression with a heatmap and a coordinate loss.

    Section 3.3 of `PoseFix`_. The deconvolutions and the 1x1 convolution are
    :class:`mmpose.models.HeatmapHead`'s. ``L = L_H + L_C``: cross-entropy
    between the softmax of a map and the bilinear one-hot target, and L1 in
    heatmap pixels.

    Note:
        - batch size: B
        - keypoint number: K
        - heatmap size: [W, H]

    Args:
        in_channels (int): Channels of the feature map that is used.
        out_channels (int): K.
        in_index (int): Which of the feature maps is used. Defaults to the
            last.
        heatmap_loss_weight (float): Weight of L_H. Defaults to 1.
        coord_loss_weight (float): Weight of L_C. Defaults to 1.
        loss_normalization (str): ``'release'`` takes the mean over batch and
            keypoints, and over x and y in L_C. ``'paper'`` sums |dx| + |dy|
            in L_C. Absent keypoints count as zeros in both. Defaults to
            ``'release'``.
        norm_eps (float): Epsilon of the batch norms. Defaults to 1e-9 (code).
        norm_momentum (float): Weight of a batch in the running statistics of
            the batch norms. Defaults to 0.01, a decay of .99 (code).
        decode_radius (int, optional): Take the expectation over the grid
            points within this distance of the mode, along each axis, when
            poses are predicted. An expectation over the whole map lies
            between two places that both look right, and little mass far away
            moves it. Defaults to None: the whole map, as in the paper.
        quality (dict, optional): Config of a :class:`PoseQuality`, which
            predicts how good poses are. Defaults to None.
        quality_only (bool): Train that alone; the rest stays as it is.
            Defaults to False.
        keep_margin (float, optional): Leave the keypoints of an input pose
            where they are unless its OKS is predicted to rise by more than
            this, which may be negative; absent ones are filled in all the
            same. Needs ``quality``. Defaults to None: all are refined.
        merge_input (bool): Move keypoints back towards their places in a good
            input pose, where both are about as good and near each other: see
            :meth:`PoseQuality.share_of_input`. Needs ``quality``. Defaults to
            False.
        decoder (dict, optional): Config of the :class:`SoftArgmaxIntegral`
            codec. Defaults to None.
        init_cfg (dict, optional): Defaults to the release's: N(0, .01),
            truncated at two standard deviations, for the deconvolutions and
            He for the 1x1 convolution (code).
        **kwargs: Further arguments of :class:`mmpose.models.HeatmapHead`.

    .. _`PoseFix`: https://arxiv.org/abs/1812.03595
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 *,
                 in_index: int = -1,
                 heatmap_loss_weight: float = 1.,
                 coord_loss_weight: float = 1.,
                 loss_normalization: str = 'release',
                 norm_eps: float = 1e-9,
                 norm_momentum: float = .01,
                 decode_radius: Optional[int] = None,
                 quality: OptConfigType = None,
                 quality_only: bool = False,
                 keep_margin: Optional[float] = None,
                 merge_input: bool = False,
                 decoder: OptConfigType = None,
                 init_cfg: OptConfigType = None,
                 **kwargs) -> None:
        if loss_normalization not in NORMALIZATIONS:
            raise ValueError(
                f'loss_normalization must be one of {NORMALIZATIONS}, got '
                f'{loss_normalization!r}')
        if decode_radius is not None and decode_radius < 1:
            raise ValueError('decode_radius must be at least 1, or None, got '
                             f'{decode_radius}')
        if quality is None and (quality_only or merge_input
                                or keep_margin is not None):
            raise ValueError('quality_only, keep_margin and merge_input need '
                             'a `quality`')
        super().__init__(
            in_channels,
            out_channels,
            decoder=decoder,
            init_cfg=init_cfg,
            **kwargs)
        self.in_index = in_index
        self.heatmap_loss_weight = heatmap_loss_weight
        self.coord_loss_weight = coord_loss_weight
        self.loss_normalization = loss_normalization
        self.decode_radius = decode_radius
        self.quality = None if quality is None else MODELS.build(quality)
        self.quality_only = quality_only
        self.keep_margin = keep_margin
        self.merge_input = merge_input
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = norm_eps
                module.momentum = norm_momentum

    @property
    def default_init_cfg(self) -> List[dict]:
        """Initialisation of the release: N(0, .01), and He at the end."""
        return [
            dict(
                type='TruncNormal',
                layer='ConvTranspose2d',
                std=.01,
                a=-.02,
                b=.02),
            dict(type='Kaiming', layer='Conv2d', mode='fan_in'),
            dict(type='Constant', layer='BatchNorm2d', val=1)
        ]

    def compute_maps(self, feats: Tuple[Tensor]) -> Tensor:
        """Run what has weights at the size of the maps.

        Returns:
            Tensor: Logits, (B, K, H, W); behind them, so that all that an
            engine computes is one tensor, the E maps that a
            :class:`PoseQuality` embeds, (B, K + E, H, W).
        """
        feat = self.conv_layers(self.deconv_layers(feats[self.in_index]))
        logits = self.final_layer(feat)
        if self.quality is None:
            return logits
        return torch.cat((logits, self.quality.embed(feat.detach())), dim=1)

    def forward(self, feats: Tuple[Tensor]) -> Tuple[Tensor, Tensor]:
        """Forward the network.

        Returns:
            tuple: coordinates in heatmap pixels, float32 (B, K, 2), and the
            logarithm of the softmax maps, float32 (B, K, H, W).
        """
        return self._soft_argmax_of(self.compute_maps(feats))

    def _soft_argmax_of(self, maps: Tensor) -> Tuple[Tensor, Tensor]:
        # A softmax over thousands of positions needs more digits than half
        # precision has.
        with torch.autocast(maps.device.type, enabled=False):
            return self.soft_argmax(maps[:, :self.out_channels].float())

    @staticmethod
    def soft_argmax(logits: Tensor) -> Tuple[Tensor, Tensor]:
        """Expectation of the 0-based grid positions.

        Args:
            logits (Tensor): (B, K, H, W).

        Returns:
            tuple: as :meth:`forward`.
        """
        height, width = logits.shape[-2:]
        log_probs = logits.flatten(2).log_softmax(-1).unflatten(
            -1, (height, width))
        probs = log_probs.exp()
        x, y = (
            torch.arange(size, device=logits.device, dtype=logits.dtype)
            for size in (width, height))
        coords = torch.stack((probs.sum(-2) @ x, probs.sum(-1) @ y), dim=-1)
        return coords, log_probs

    def predict(self,
                feats: Tuple[Tensor],
                batch_data_samples: list,
                test_cfg: OptConfigType = None) -> Predictions:
        """Predict keypoints.

        The flip test averages the coordinates of the image and of its mirror
        (section 8 of the release's test code), not the heatmaps.

        Args:
            feats (Tuple[Tensor] | List[Tuple[Tensor]]): Features, or those of
                the image and of its mirror with ``flip_test``.
            batch_data_samples (List[PoseDataSample]): B data samples.
            test_cfg (dict, optional): ``flip_test`` and
                ``output_heatmaps`` are used. Defaults to neither.

        Returns:
            list[InstanceData] | tuple: ``keypoints`` in input pixels,
            (1, K, 2), and ``keypoint_scores``, (1, K), for each sample, with
            a :class:`PoseQuality` ``pose_scores``, (1, 2); see
            :class:`LocatedPoses`. With ``output_heatmaps`` also the maps.
        """
        test_cfg = test_cfg or {}
        flip_indices, maps_flip = None, None
        if test_cfg.get('flip_test', False):
            flip_indices = batch_data_samples[0].metainfo['flip_indices']
            feats, feats_flip = feats
            maps_flip = self.compute_maps(feats_flip)
        input_pose = None if self.quality is None else _input_pose(
            batch_data_samples)
        located = self.locate(
            self.compute_maps(feats), maps_flip, flip_indices, input_pose)
        preds = self.decode((located.coords, located.keypoint_scores))
        if located.pose_scores is not None:
            for pred, scores in zip(
                    preds, to_numpy(located.pose_scores), strict=True):
                pred.pose_scores = scores[None]
        if test_cfg.get('output_heatmaps', False):
            return preds, [
                PixelData(heatmaps=hm) for hm in located.heatmaps.detach()
            ]
        return preds

    def locate(self,
               maps: Tensor,
               maps_flip: Optional[Tensor] = None,
               flip_indices: Optional[Sequence[int]] = None,
               input_pose: Optional[Tuple[Tensor, Tensor]] = None
               ) -> LocatedPoses:
        """Find keypoints, by tensors alone.

        Args:
            maps (Tensor): What :meth:`compute_maps` gives for the image.
            maps_flip (Tensor, optional): And for its mirror, for the flip
                test.
            flip_indices (Sequence[int], optional): Twin of every keypoint,
                (K, ); needed with ``maps_flip``.
            input_pose (Tuple[Tensor, Tensor], optional): Input pixels,
                (B, K, 2), and how strongly each keypoint is shown, (B, K);
                needed by a :class:`PoseQuality`.

        Returns:
            LocatedPoses: Averaged over the image and its mirror.
        """
        coords, log_probs = self._soft_argmax_of(maps)
        probs = heatmaps = log_probs.exp()
        mirrored = None
        if maps_flip is not None:
            coords_flip, log_probs_flip = self._soft_argmax_of(maps_flip)
            mirrored = self._mirror_maps(log_probs_flip.exp(), flip_indices)
            heatmaps = (probs + mirrored) / 2
            coords = (coords + self._mirror(coords_flip, flip_indices)) / 2
        # a coordinate needs more digits than half precision has
        with torch.autocast(probs.device.type, enabled=False):
            if self.decode_radius is not None:
                coords = self._decode_locally(probs, mirrored)
            if self.quality is None:
                return LocatedPoses(coords, heatmaps,
                                    heatmaps.flatten(2).amax(-1))
            return self._judge(coords, heatmaps, maps[:, self.out_channels:],
                               *input_pose)

    def _judge(self, coords: Tensor, heatmaps: Tensor, embedded: Tensor,
               input_pose: Tensor, weights: Tensor) -> LocatedPoses:
        """Predict how good poses are, and keep those that get no better.

        From coords (B, K, 2) and heatmaps (B, K, H, W), what the quality looks
        at (B, E, H, W), and the input pose in input pixels with its weights.
        """
        input_coords = input_pose.float() / self._scale(coords)
        quality = self.quality(embedded.float(), heatmaps, coords,
                               input_coords, weights.float())
        before, after = quality.keypoints.sigmoid().unbind(-1)
        scores = quality.poses.sigmoid()
        if self.merge_input:
            share = self.quality.share_of_input(
                quality, coords, input_coords) * (weights > 0)
            coords = torch.where(
                share[..., None] > 0,
                coords + share[..., None] * (input_coords - coords), coords)
        if self.keep_margin is not None:
            stays = scores[:, 1:] < scores[:, :1] + self.keep_margin
            kept = stays & (weights > 0)
            coords = torch.where(kept[..., None], input_coords, coords)
            after = torch.where(kept, before, after)
            scores = torch.where(stays, scores[:, :1], scores)
        return LocatedPoses(coords, heatmaps, after, scores, quality)

    def _scale(self, like: Tensor) -> Tensor:
        """Input pixels per heatmap pixel, along x and y."""
        return like.new_tensor(self.decoder.scale_factor.tolist())

    def _decode_locally(self,
                        probs: Tensor,
                        mirrored: Optional[Tensor] = None) -> Tensor:
        """Expectation around the mode of softmax maps (B, K, H, W), (B, K, 2).

        ``mirrored`` maps are those of the mirror image, brought back by
        :meth:`_mirror_maps`; one mode is sought for both.
        """
        height, width = probs.shape[-2:]
        shift = 0.
        if mirrored is not None:  # what _mirror_maps shifted too far
            shift = width - self._mirror_sum()
        both = probs if mirrored is None else probs + mirrored
        # A mode is more than one high grid point: weigh neighbours as well,
        # by (1, 2, 1) along each axis.
        smooth = F.avg_pool2d(
            F.avg_pool2d(both, 2, stride=1, padding=1), 2, stride=1)
        mode = smooth.flatten(2).argmax(-1)
        x, y = (
            torch.arange(size, device=probs.device)
            for size in (width, height))
        near_x = (x - (mode % width)[..., None]).abs() <= self.decode_radius
        near_y = (y - (mode // width)[..., None]).abs() <= self.decode_radius
        window = near_y[..., :, None] & near_x[..., None, :]
        local = both * window
        mass = local.sum((-2, -1))
        coords = torch.stack(
            (local.sum(-2) @ x.to(local), local.sum(-1) @ y.to(local)),
            dim=-1) / mass[..., None]
        if mirrored is not None:
            share = (mirrored * window).sum((-2, -1)) / mass
            coords = coords - torch.stack(
                (shift * share, torch.zeros_like(share)), dim=-1)
        return coords

    def _mirror_sum(self) -> float:
        """Add a place and its mirror, along x, in heatmap pixels.

        The mirror maps input pixel x to ``w - 1 - x``.
        """
        return (self.decoder.input_size[0] - 1) / float(
            self.decoder.scale_factor[0])

    def _mirror(self, coords: Tensor, flip_indices: Sequence[int]) -> Tensor:
        """Bring coordinates of the mirror image back, in heatmap pixels."""
        coords = coords[:, flip_indices]
        return torch.stack(
            (self._mirror_sum() - coords[..., 0], coords[..., 1]), dim=-1)

    @staticmethod
    def _mirror_maps(heatmaps: Tensor, flip_indices: Sequence[int]) -> Tensor:
        """Bring maps of the mirror image back, to the nearest column.

        The mirror maps input pixel x to ``w - 1 - x``, but column X of a map
        to ``W - 1 - X``: at stride 4 three quarters of a column less.
        """
        turned = flip_heatmaps(
            heatmaps, flip_indices=flip_indices, shift_heatmap=False)
        return F.pad(turned, (1, -1))

    def loss(self,
             feats: Tuple[Tensor],
             batch_data_samples: list,
             train_cfg: Optional[ConfigType] = None) -> dict:
        """Calculate L_H, L_C and the share of keypoints found.

        Of B samples with what :class:`SoftArgmaxIntegral` encodes as
        ``gt_instance_labels``.

        Returns:
            dict: ``loss_heatmap``, ``loss_coord`` and ``acc_pose``, and what
            :meth:`PoseQuality.loss` gives.
        """
        maps = self.compute_maps(feats)
        coords, log_probs = self._soft_argmax_of(maps)
        labels, weights, indices, probs = (
            torch.cat([d.gt_instance_labels[key] for d in batch_data_samples])
            for key in ('keypoint_labels', 'keypoint_weights',
                        'heatmap_indices', 'heatmap_probs'))
        losses = {}
        if self.quality is not None:
            losses = self._quality_loss(maps[:, self.out_channels:],
                                        log_probs.detach(), weights,
                                        batch_data_samples)
            if self.quality_only:
                return losses
        # absent keypoints have neither mass nor weight: they add zeros
        loss_heatmap = -(log_probs.flatten(2).gather(2, indices) *
                         probs).sum(-1).mean()
        loss_coord = ((coords - labels).abs() * weights[..., None]).mean()
        if self.loss_normalization == 'paper':
            loss_coord = loss_coord * 2
        _, accuracy, _ = keypoint_pck_accuracy(
            pred=to_numpy(coords),
            gt=to_numpy(labels),
            mask=to_numpy(weights) > 0,
            thr=0.05,
            norm_factor=to_numpy(coords.new_tensor(
                log_probs.shape[:1:-1]).expand(len(coords), 2)))
        return dict(
            loss_heatmap=loss_heatmap * self.heatmap_loss_weight,
            loss_coord=loss_coord * self.coord_loss_weight,
            acc_pose=coords.new_tensor(accuracy),
            **losses)

    def _quality_loss(self, embedded: Tensor, log_probs: Tensor,
                      weights: Tensor, batch_data_samples: list) -> dict:
        """Compare predicted with true similarities, by its own loss."""
        with torch.autocast(log_probs.device.type, enabled=False):
            heatmaps = log_probs.exp()
            coords = self.soft_argmax(log_probs)[0] \
                if self.decode_radius is None \
                else self._decode_locally(heatmaps)
            input_pose, shown = _input_pose(batch_data_samples)
            predicted = self.quality(
                embedded.float(), heatmaps, coords,
                input_pose.float() / self._scale(coords), shown.float())
            return self.quality.loss(
                predicted, self.true_similarity(coords, batch_data_samples),
                weights)

    def true_similarity(self, coords: Tensor,
                        batch_data_samples: list) -> Tensor:
        """Keypoint similarities of input and refined pose to the annotation.

        ``coords`` are the refined pose in heatmap pixels, (B, K, 2); data
        samples have input poses, what :class:`SoftArgmaxIntegral` encodes, and
        ``ks_scales``. (B, K, 2), anything where nothing is annotated.
        """
        labels, ks_scales = (
            torch.cat([d.gt_instance_labels[key] for d in batch_data_samples])
            for key in ('keypoint_labels', 'ks_scales'))
        input_pose, shown = _input_pose(batch_data_samples)
        scale = self._scale(coords)
        both = torch.stack((input_pose.float(), coords * scale), dim=2)
        squared = ((both - (labels * scale)[:, :, None])**2).sum(-1)
        similarity = torch.exp(-squared / ks_scales[..., None])
        # an absent keypoint is similar to nothing
        return torch.stack(
            (similarity[..., 0] * (shown > 0), similarity[..., 1]), dim=-1)


def _input_pose(batch_data_samples: list) -> Tuple[Tensor, Tensor]:
    """Input poses in input pixels, (B, K, 2), and weights, (B, K)."""
    return tuple(
        torch.cat([d.gt_instance_labels[key] for d in batch_data_samples])
        for key in ('input_pose', 'input_pose_visible'))
