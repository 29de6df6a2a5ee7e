"""Codec of integral pose regression with a bilinear one-hot target."""
from typing import Optional, Tuple

import numpy as np
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class SoftArgmaxIntegral(BaseKeypointCodec):
    """Bilinear one-hot heatmaps and coordinates for soft-argmax heads.

    Section 3.3 of `PoseFix`_: the target of the heatmap loss puts mass on the
    (at most four) grid points around the true position, by bilinear weights;
    the coordinate loss works in heatmap pixels. The mass is kept as indices
    and weights instead of a dense map: that is all the loss reads.

    Note:
        - instance number: N
        - keypoint number: K
        - input image size: [w, h]
        - heatmap size: [W, H]

    Encoded:

        - keypoint_labels (np.ndarray): Coordinates in heatmap pixels, float32
          (N, K, 2)
        - keypoint_weights (np.ndarray): 1 where a keypoint is annotated and
          inside the input, else 0, float32 (N, K)
        - heatmap_indices (np.ndarray): Flat positions ``y * W + x`` of the
          grid points, int64 (N, K, 4)
        - heatmap_probs (np.ndarray): Their mass, which adds up to 1 for each
          keypoint with weight 1 and to 0 for others, float32 (N, K, 4)

    Args:
        input_size (tuple): Size of the input image in [w, h].
        heatmap_size (tuple): Size of the heatmap in [W, H].

    .. _`PoseFix`: https://arxiv.org/abs/1812.03595
    """

    label_mapping_table = dict(
        keypoint_labels='keypoint_labels',
        keypoint_weights='keypoint_weights',
        heatmap_indices='heatmap_indices',
        heatmap_probs='heatmap_probs')

    def __init__(self, input_size: Tuple[int, int],
                 heatmap_size: Tuple[int, int]) -> None:
        super().__init__()
        self.input_size = tuple(input_size)
        self.heatmap_size = tuple(heatmap_size)
        self.scale_factor = (np.array(input_size) /
                             np.array(heatmap_size)).astype(np.float32)

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None) -> dict:
        """Encode keypoints.

        Args:
            keypoints (np.ndarray): Coordinates in input pixels, (N, K, 2).
            keypoints_visible (np.ndarray, optional): Above 0 where annotated,
                (N, K). Defaults to all annotated.

        Returns:
            dict: The four items in the docstring of the class.
        """
        labels = (keypoints / self.scale_factor).astype(np.float32)
        limits = np.array(self.heatmap_size)
        weights = ((labels >= 0) & (labels < limits)).all(-1)
        if keypoints_visible is not None:
            weights &= keypoints_visible > 0
        labels = np.where(weights[..., None], labels, 0)

        corner = np.floor(labels).astype(np.int64)[..., None, :]
        corner = corner + np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
        mass = (1 - np.abs(labels[..., None, :] - corner)).prod(-1)
        # grid points beyond the border carry nothing; the rest shares it
        mass *= (corner < limits).all(-1)
        mass = mass / mass.sum(-1, keepdims=True) * weights[..., None]
        corner = np.minimum(corner, limits - 1)
        return dict(
            keypoint_labels=labels,
            keypoint_weights=weights.astype(np.float32),
            heatmap_indices=corner[..., 1] * self.heatmap_size[0] +
            corner[..., 0],
            heatmap_probs=mass.astype(np.float32))

    def decode(self, encoded: np.ndarray,
               scores: Optional[np.ndarray] = None
               ) -> Tuple[np.ndarray, np.ndarray]:
        """Decode coordinates.

        Args:
            encoded (np.ndarray): Coordinates in heatmap pixels, (N, K, 2).
            scores (np.ndarray, optional): Keypoint scores, (N, K). Defaults
                to ones.

        Returns:
            tuple: keypoints in input pixels, (N, K, 2), and keypoint scores,
            (N, K).
        """
        if scores is None:
            scores = np.ones(encoded.shape[:-1], dtype=np.float32)
        return encoded * self.scale_factor, scores

    def batch_decode(self, batch_coords, batch_scores):
        """Decode a batch at once, with one transfer from the device.

        Args:
            batch_coords (Tensor): Heatmap pixels, (B, K, 2).
            batch_scores (Tensor): Keypoint scores, (B, K).

        Returns:
            tuple: lists of B keypoints (1, K, 2) in input pixels and B scores
            (1, K), as :meth:`decode` gives them.
        """
        coords = batch_coords.detach().float().cpu().numpy()
        scores = batch_scores.detach().float().cpu().numpy()
        keypoints, scores = self.decode(coords, scores)
        return list(keypoints[:, None]), list(scores[:, None])
