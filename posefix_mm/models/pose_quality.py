"""Predict how good poses are, before and after refinement."""
from typing import NamedTuple, Tuple

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType
from torch import Tensor, nn
from torch.nn import functional as F

# Half-widths, in heatmap pixels, of the windows whose mass is looked at.
_WINDOWS = (1, 3, 6)
_KEYPOINT_CHANNELS = 16


class _Attention(nn.Module):
    """A block of a transformer, (B, K, C) to (B, K, C)."""

    def __init__(self, channels: int, num_heads: int = 4) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(channels)
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.merge = nn.Linear(channels, channels)
        self.mlp = nn.Sequential(
            nn.LayerNorm(channels), nn.Linear(channels, 2 * channels),
            nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        heads = self.query_key_value(self.norm(x)).unflatten(
            -1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(*heads.unbind(0))
        x = x + self.merge(attended.transpose(1, 2).flatten(2))
        return x + self.mlp(x)


class PredictedQuality(NamedTuple):
    """What :class:`PoseQuality` predicts, as logits.

    Attributes:
        keypoints (Tensor): Keypoint similarity (KS), of the input and of the
            refined pose, (B, K, 2).
        poses (Tensor): OKS of both, (B, 2).
    """

    keypoints: Tensor
    poses: Tensor


@MODELS.register_module()
class PoseQuality(BaseModule):
    """Predict the similarity to the truth of an input and a refined pose.

    From what the refiner sees at both places of each keypoint: features and
    the mass of its softmax map there, how far they are apart, how spread the
    map is, and how sure the input was. Keypoints then attend to each other: a
    foot that is the other leg's shows only beside it. Not part of the paper;
    no gradient goes back to what finds the coordinates.

    Note:
        - batch size: B
        - keypoint number: K
        - channels of the embedded features: E
        - heatmap size: [W, H]

    Args:
        num_keypoints (int): K.
        in_channels (int): Channels of the features at the size of the maps.
        embed_channels (int): E. Defaults to 24.
        hidden_channels (int): Width of the network, a multiple of 4.
            Defaults to 96.
        init_cfg (dict, optional): As in mmengine. Defaults to PyTorch's
            initialisation.
    """

    def __init__(self,
                 num_keypoints: int,
                 in_channels: int,
                 *,
                 embed_channels: int = 24,
                 hidden_channels: int = 96,
                 init_cfg: OptConfigType = None) -> None:
        super().__init__(init_cfg)
        self.embed = nn.Conv2d(in_channels, embed_channels, 1)
        self.keypoint = nn.Parameter(
            torch.randn(num_keypoints, _KEYPOINT_CHANNELS) / 2)
        # tolerance of each keypoint, learned: logarithm of its sigma
        self.log_sigma = nn.Parameter(torch.full((num_keypoints, ), -2.6))
        # at two places; shape of the map, move, weight, frame, keypoint
        numbers = 2 * (embed_channels + len(_WINDOWS)) + (
            2 + 2 + 2 + 4 + _KEYPOINT_CHANNELS)
        self.local = nn.Sequential(
            nn.Linear(numbers, hidden_channels), nn.GELU(),
            nn.Linear(hidden_channels, hidden_channels), nn.GELU())
        self.attention = _Attention(hidden_channels)
        self.of_keypoints = nn.Sequential(
            nn.Linear(3 * hidden_channels, hidden_channels), nn.GELU(),
            nn.Linear(hidden_channels, 2))
        self.of_poses = nn.Sequential(
            nn.Linear(2 * hidden_channels, hidden_channels), nn.GELU(),
            nn.Linear(hidden_channels, 2))
        # Calibration, of input and refined: slope and offset of the logits
        # of keypoints and of poses.
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
        present = (weights > 0)[..., None].float()
        input_coords = torch.where(present > 0, input_coords, coords)
        local = self.local(
            torch.cat((
                _look(heatmaps, embedded, coords),
                _look(heatmaps, embedded, input_coords) * present,
                _spread(heatmaps),
                self._move(coords, input_coords) * present,
                present,
                weights[..., None],
                _frame(coords, heatmaps.shape[-2:]),
                self.keypoint.expand(coords.shape[0], -1, -1),
            ), dim=-1))
        local = self.attention(local)
        # The worst keypoint tells as much about a pose as the mean does.
        pose = torch.cat((local.mean(1), local.amax(1)), dim=-1)
        both = torch.cat(
            (local, pose[:, None].expand(-1, local.shape[1], -1)), dim=-1)
        logits = self.of_keypoints(both), self.of_poses(pose)
        return PredictedQuality(
            *(logit * slope + offset for logit, slope, offset in zip(
                logits, self.slope, self.offset, strict=True)))

    def share_of_input(self, quality: PredictedQuality, coords: Tensor,
                       input_coords: Tensor) -> Tensor:
        """How far back towards the input each keypoint should go, (B, K).

        Two places that are wrong independently of each other are best
        averaged by their precisions, which the predicted KS tell: the squared
        distance to the truth is in proportion to ``-log(KS)``. Less the
        further they are apart, where one of them is another joint, and the
        lower the OKS of the input is. Places are in heatmap pixels, (B, K, 2).
        """
        before, after = quality.keypoints.sigmoid().clamp(
            1e-3, 1 - 1e-3).log().unbind(-1)
        near = self._move(coords, input_coords)[..., 0]
        return after / (before + after) * near * quality.poses[
            :, :1].sigmoid()**4

    def _move(self, coords: Tensor, input_coords: Tensor) -> Tensor:
        """Distance of both places in units of the person, (B, K, 2)."""
        extent = coords.amax(1) - coords.amin(1)
        area = extent.prod(-1).clamp(min=1.)[:, None]
        squared = ((coords - input_coords)**2).sum(-1)
        distance = squared / (4 * area * (2 * self.log_sigma).exp())
        return torch.stack(
            (torch.exp(-distance), torch.log1p(distance)), dim=-1)

    def loss(self, predicted: PredictedQuality, similarity: Tensor,
             annotated: Tensor) -> dict:
        """Compare logits with what is true.

        That is the KS of input and refined pose, (B, K, 2), known where
        ``annotated`` is above 0, (B, K).

        Returns:
            dict: ``loss_ks`` and ``loss_oks``, cross-entropies, and
            ``error_oks``, the mean absolute error of the refined pose's OKS.
        """
        known = (annotated > 0)[..., None].float()
        count = known.sum(1)
        oks = (similarity * known).sum(1) / count.clamp(min=1)
        some = (count > 0).float()
        keypoints, poses = (
            F.binary_cross_entropy_with_logits(logits, truth, reduction='none')
            for logits, truth in zip(
                predicted, (similarity, oks), strict=True))
        error = (predicted.poses.detach().sigmoid() - oks).abs()[:, 1:]
        total = some.sum().clamp(min=1)
        return dict(
            loss_ks=(keypoints * known).sum() /
            (2 * known.sum().clamp(min=1)),
            loss_oks=(poses * some).sum() / (2 * total),
            error_oks=(error * some).sum() / total)


def _look(heatmaps: Tensor, embedded: Tensor, coords: Tensor) -> Tensor:
    """Mass and features at a place of each keypoint, (B, K, M + E)."""
    height, width = heatmaps.shape[-2:]
    x = coords[..., 0].round().clamp(0, width - 1).long()
    y = coords[..., 1].round().clamp(0, height - 1).long()
    # the largest window of the padded map, and which of it is in each window
    half = _WINDOWS[-1]
    offsets = torch.arange(-half, half + 1, device=coords.device)
    rows, columns = (
        (place[..., None] + half + offsets) for place in (y, x))
    places = rows[..., :, None] * (width + 2 * half) + columns[..., None, :]
    padded = F.pad(heatmaps, (half, half, half, half)).flatten(2)
    window = padded.gather(2, places.flatten(2))
    far = torch.maximum(offsets.abs()[:, None], offsets.abs()[None]).flatten()
    mass = torch.stack(
        [(window * (far <= limit)).sum(-1) for limit in _WINDOWS], dim=-1)
    features = embedded.flatten(2).gather(
        2, (y * width + x)[:, None].expand(-1, embedded.shape[1], -1))
    return torch.cat(
        (mass.clamp(min=1e-5).log() / 5 + 1, features.transpose(1, 2)), dim=-1)


def _spread(heatmaps: Tensor) -> Tensor:
    """Peak and entropy of each map, (B, K, 2)."""
    flat = heatmaps.flatten(2)
    entropy = -(flat * flat.clamp(min=1e-12).log()).sum(-1)
    peak = flat.amax(-1).clamp(min=1e-5).log()
    return torch.stack((peak / 5 + 1, entropy / 5), dim=-1)


def _frame(coords: Tensor, size: Tuple[int, int]) -> Tensor:
    """Places in the crop and extent of the pose, in crops, (B, K, 4)."""
    limits = coords.new_tensor(size[::-1])
    extent = (coords.amax(1, keepdim=True) -
              coords.amin(1, keepdim=True)) / limits
    return torch.cat(
        (coords / limits * 2 - 1, extent.expand_as(coords)), dim=-1)
