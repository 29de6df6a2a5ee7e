"""Pictures whose size annotations, or poses, claim: which need not be true."""
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from .image_files import load_image

# EXIF orientations that swap width and height
_TURNED = (5, 6, 7, 8)
_ORIENTATION = 0x0112


def load_as_claimed(path: Path,
                    claimed: tuple[int, int] | None) -> np.ndarray:
    """Load a picture the way round in which its size was written down.

    Args:
        path (Path): The file.
        claimed (tuple[int, int], optional): Width and height that are claimed
            for it, None if nothing is.

    Returns:
        np.ndarray: BGR, uint8 (H, W, 3), turned as its EXIF data says where
        mmpose does so; the other way round if the claimed size, or a multiple
        of it, is that.

    Raises:
        ImageProblem: If it can't be used.
    """
    image = load_image(path)
    size = image.shape[1], image.shape[0]
    if claimed is None or not _fits_turned(claimed, size) \
            or not is_turned(path):
        return image
    stored = load_image(path, as_stored=True)
    if stored.shape != image.shape:
        return stored
    with Image.open(path) as opened:  # not turned by OpenCV
        turned = ImageOps.exif_transpose(opened).convert('RGB')
        return np.ascontiguousarray(np.asarray(turned)[..., ::-1])


def common_factor(claimed: tuple[int, int] | None,
                  size: tuple[int, int]) -> float | None:
    """Tell by how much a picture is larger than is claimed for it.

    Args:
        claimed (tuple[int, int], optional): Width and height.
        size (tuple[int, int]): Width and height as it was loaded.

    Returns:
        float | None: 1 where nothing is claimed; None if width and height
        differ by other factors, beyond the rounding of a resizing.
    """
    if claimed is None or claimed == size:
        return 1.
    factors = [real / given for real, given in zip(
        size, claimed, strict=True)]
    factor = max(factors)
    if all(abs(given * factor - real) <= 1 + factor for real, given in zip(
            size, claimed, strict=True)):
        return (factors[0] * factors[1])**.5
    return None


def is_turned(path: Path) -> bool:
    """Whether EXIF data swaps width and height."""
    with Image.open(path) as image:
        return image.getexif().get(_ORIENTATION) in _TURNED


def _fits_turned(claimed: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether a size, or a multiple of it, is that of a turned picture."""
    turned = size[::-1]
    return claimed != size and (claimed == turned or (
        common_factor(claimed, size) is None
        and common_factor(claimed, turned) is not None))
