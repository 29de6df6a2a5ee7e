"""Predict how good a pose is, before and after refinement."""
from typing import NamedTuple, Optional

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

# Half-widths, in heatmap pixels, of the windows whose mass is looked at.
_WINDOWS = (1, 3, 6)


class PredictedQuality(NamedTuple):
    """What :class:`PoseQuality` predicts, as logits.

    Note:
        - batch size: B
        - keypoint number: K

    Attributes:
        keypoints (Tensor): KS of each keypoint, of the input pose and of the
            refined one, (B, K, 2).
        pose (Tensor): OKS of both, (B, 2).
    """

    keypoints: Tensor
    pose: Tensor

    def probabilities(self) -> 'PredictedQuality':
        """Similarities between 0 and 1."""
        return PredictedQuality(self.keypoints.sigmoid(), self.pose.sigmoid())


@MODELS.register_module()
class PoseQuality(BaseModule):
    """Predict keypoint similarities of an input pose and of its refinement.

    From what the refiner sees at both places of each keypoint: the mass of
    its softmax map around them, the spread of the map, the distance between
    both, the score that the input came with, and features. Not part of the
    paper. Coordinates are not affected: nothing is propagated to them.

    Note:
        - batch size: B
        - keypoint number: K
        - heatmap size: [W, H]

    Args:
        num_keypoints (int): K.
        in_channels (int): Channels of the features at the size of the maps.
        embed_channels (int): Channels that the features are reduced to.
            Defaults to 24.
        hidden_channels (int): Width of the network. Defaults to 96.
        init_cfg (dict, optional): As in mmengine. Defaults to None.
    """

    def __init__(self,
                 num_keypoints: int,
                 in_channels: int,
                 *,
                 embed_channels: int = 24,
                 hidden_channels: int = 96,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.embed = nn.Conv2d(in_channels, embed_channels, 1)
        self.keypoint = nn.Parameter(torch.zeros(num_keypoints, 16))
        nn.init.normal_(self.keypoint, std=.5)
        # a keypoint's tolerance, learned: log of its sigma
        self.log_sigma = nn.Parameter(torch.full((num_keypoints, ), -2.6))
        numbers = 2 * (embed_channels + len(_WINDOWS)) + 2 + 2 + 3 + 4 + 16
        self.local = nn.Sequential(
            nn.Linear(numbers, hidden_channels), nn.GELU(),
            nn.Linear(hidden_channels, hidden_channels), nn.GELU())
        self.mixed = nn.Sequential(
            nn.Linear(3 * hidden_channels, hidden_channels), nn.GELU())
        self.keypoint_output = nn.Linear(hidden_channels, 2)
        self.pose_output = nn.Sequential(
            nn.Linear(2 * hidden_channels, hidden_channels), nn.GELU(),
            nn.Linear(hidden_channels, 2))
        # slope and offset that make the logits honest on photos that nothing
        # was trained on: of keypoints and poses, input and refined
        self.register_buffer('slope', torch.ones(2, 2))
        self.register_buffer('offset', torch.zeros(2, 2))

    def forward(self, embedded: Tensor, heatmaps: Tensor, coords: Tensor,
                input_coords: Tensor, weights: Tensor) -> PredictedQuality:
        """Predict.

        Args:
            embedded (Tensor): What :attr:`embed` makes of the features,
                (B, E, H, W).
            heatmaps (Tensor): Softmax maps, (B, K, H, W).
            coords (Tensor): Refined pose in heatmap pixels, (B, K, 2).
            input_coords (Tensor): Input pose in heatmap pixels, (B, K, 2).
            weights (Tensor): How strongly the input pose is shown, 0 where a
                keypoint is absent, (B, K).

        Returns:
            PredictedQuality: Logits.
        """
        present = (weights > 0).float()[..., None]
        input_coords = torch.where(present > 0, input_coords, coords)
        heatmaps, embedded = heatmaps.float(), embedded.float()
        parts = [
            self._look(heatmaps, embedded, coords),
            self._look(heatmaps, embedded, input_coords) * present,
            self._shape(heatmaps),
            self._move(coords, input_coords, present),
            present,
            weights[..., None],
            (1 - weights)[..., None],
            self._frame(coords, heatmaps.shape[-2:]),
            self.keypoint.expand(len(coords), -1, -1),
        ]
        local = self.local(torch.cat(parts, dim=-1))
        # annotations differ in which keypoints they have; the mean over all
        # and the worst tell about the pose
        pose = torch.cat((local.mean(1), local.amax(1)), dim=-1)
        both = torch.cat(
            (local, pose[:, None].expand(-1, local.shape[1], -1)), dim=-1)
        return PredictedQuality(
            self.keypoint_output(self.mixed(both)) * self.slope[0] +
            self.offset[0],
            self.pose_output(pose) * self.slope[1] + self.offset[1])

    @staticmethod
    def _look(heatmaps: Tensor, embedded: Tensor, coords: Tensor) -> Tensor:
        """Collect mass and features around places, (B, K, M + E)."""
        height, width = heatmaps.shape[-2:]
        x = coords[..., 0].round().clamp(0, width - 1).long()
        y = coords[..., 1].round().clamp(0, height - 1).long()
        place = (y * width + x)[..., None]
        mass = [
            F.avg_pool2d(
                heatmaps, 2 * half + 1, stride=1, padding=half).flatten(
                    2).gather(2, place) * (2 * half + 1)**2
            for half in _WINDOWS
        ]
        features = embedded.flatten(2).gather(
            2, place[..., 0][:, None].expand(-1, embedded.shape[1], -1))
        logs = torch.log(torch.cat(mass, dim=-1).clamp(min=1e-5)) / 5 + 1
        return torch.cat((logs, features.transpose(1, 2)), dim=-1)

    @staticmethod
    def _shape(heatmaps: Tensor) -> Tensor:
        """Peak and entropy of each map, (B, K, 2)."""
        flat = heatmaps.flatten(2)
        entropy = -(flat * flat.clamp(min=1e-12).log()).sum(-1)
        peak = flat.amax(-1).clamp(min=1e-5).log()
        return torch.stack((peak / 5 + 1, entropy / 5), dim=-1)

    def _move(self, coords: Tensor, input_coords: Tensor,
              present: Tensor) -> Tensor:
        """Distance between both places in units of the person, (B, K, 2)."""
        extent = coords.amax(1) - coords.amin(1)
        area = (.53 * extent.prod(-1)).clamp(min=1.)[:, None]
        distance = ((coords - input_coords)**2).sum(-1)
        squares = distance / (8 * area * (2 * self.log_sigma).exp())
        return torch.stack(
            (torch.exp(-squares), torch.log1p(squares)), dim=-1) * present

    @staticmethod
    def _frame(coords: Tensor, size: torch.Size) -> Tensor:
        """Places in the crop and extent of the pose, in -1..1, (B, K, 4)."""
        height, width = size
        limits = coords.new_tensor([width, height])
        place = coords / limits * 2 - 1
        extent = (coords.amax(1, keepdim=True) -
                  coords.amin(1, keepdim=True)) / limits
        return torch.cat((place, extent.expand_as(place)), dim=-1)

    def loss(self, predicted: PredictedQuality, similarity: Tensor,
             annotated: Tensor) -> dict:
        """Calculate the losses.

        Args:
            predicted (PredictedQuality): Logits.
            similarity (Tensor): True KS of the input and refined pose,
                (B, K, 2).
            annotated (Tensor): 1 where that is known, (B, K).

        Returns:
            dict: ``loss_ks`` and ``loss_oks``, cross-entropies, and
            ``error_oks``, the mean absolute error of the refined OKS.
        """
        count = annotated.sum(1)
        some = (count > 0).float()
        oks = (similarity * annotated[..., None]).sum(1) / count.clamp(
            min=1)[:, None]
        entropy = F.binary_cross_entropy_with_logits(
            predicted.keypoints, similarity, reduction='none').mean(-1)
        pose = F.binary_cross_entropy_with_logits(
            predicted.pose, oks, reduction='none').mean(-1)
        error = (predicted.pose.sigmoid() - oks).abs()[:, 1]
        return dict(
            loss_ks=(entropy * annotated).sum() / annotated.sum().clamp(min=1),
            loss_oks=(pose * some).sum() / some.sum().clamp(min=1),
            error_oks=((error * some).sum() / some.sum().clamp(min=1)).detach())
