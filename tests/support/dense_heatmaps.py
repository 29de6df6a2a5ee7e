"""The codec's sparse targets as dense maps."""

import numpy as np

from posefix_mm.codecs import SoftArgmaxIntegral


def dense_heatmaps(codec: SoftArgmaxIntegral, encoded: dict) -> np.ndarray:
    """Mass of N encoded instances, float32 (N, K, H, W)."""
    indices, probs = encoded['heatmap_indices'], encoded['heatmap_probs']
    width, height = codec.heatmap_size
    maps = np.zeros((*indices.shape[:2], width * height), np.float32)
    rows, cols = np.ogrid[:indices.shape[0], :indices.shape[1]]
    np.add.at(maps, (rows[..., None], cols[..., None], indices), probs)
    return maps.reshape(*indices.shape[:2], height, width)
