"""Are the coordinates of the results pixels of the annotated images?"""
from typing import Iterator, NamedTuple, Optional

import numpy as np

from .explanation import Explanation
from .pose_columns import Comparison, show
from .pose_pairs import FOUND, PosePairs, pair_poses

# Coordinates up to this are shares of the width and height; poses may reach
# somewhat out of the image.
_MAX_RELATIVE = 2.
# A change of the coordinates is an explanation if so many more of the people
# are found with it, and several times as many.
_GAIN = .2
_TIMES = 2.
# With fewer joints nearly any two poses fit each other.
_MIN_JOINTS = 4
# Estimators guess joints that are out of the image, seldom most of a pose.
_FEW_OUTSIDE = .01
# Poses of other images, or of an estimator that failed, are found so rarely.
_NONE_FOUND = .05


class _Change(NamedTuple):
    """A way to read the coordinates, and what it would explain."""

    share: float
    code: str
    text: str
    remedy: str


def check_coordinates(comparison: Comparison) -> Iterator[Explanation]:
    """Find out whether the results are in other coordinates.

    Candidates are tried on the results: one is named only if many more of the
    annotated people are found with it.

    Args:
        comparison (Comparison): Results and annotations.

    Yields:
        Explanation: For coordinates that are relative to the image or the
        person, scaled, shifted, with x and y or left and right exchanged,
        outside of the images, or near nobody at all.
    """
    relative = _is_relative(comparison)
    if relative.any():
        yield _explain_relative(comparison, relative)
        if relative.all():
            return
    pairs = pair_poses(comparison)
    pairs = pairs.take(~relative[pairs.result])
    share = pairs.share_found(pairs.found)
    cause = _explain_all(comparison, pairs, share)
    if cause is not None:
        yield cause
        return
    outside = _is_outside(comparison) & ~relative
    if outside.sum() > _FEW_OUTSIDE * len(outside):
        yield _explain_outside(comparison, outside)
    if len(pairs.truth) and share < _NONE_FOUND:
        yield _explain_far(comparison, pairs)


def _explain_all(comparison: Comparison, pairs: PosePairs,
                 share: float) -> Optional[Explanation]:
    """Look for one cause of all: other images, or other coordinates."""
    if len(pairs.truth) and share < _NONE_FOUND:
        other = _explain_other_images(comparison, share)
        if other is not None:
            return other
    change = _best_change(comparison, pairs, share)
    if change is None:
        return None
    return Explanation(
        change.code, f'{change.text}: read so, {change.share:.0%} of the '
        f'people have a result with an OKS of {FOUND:g}, as they are '
        f'{share:.0%}', change.remedy, len(comparison.found.row),
        len(comparison.results))


def _is_relative(comparison: Comparison) -> np.ndarray:
    """Which results lie within the first pixels, bool (N, )."""
    poses = comparison.found.keypoints[..., :2]
    truth = comparison.truth.keypoints[..., :2]
    # annotations may be in these units as well
    return looks_normalised(poses) & (np.abs(truth).max(initial=0) > 10)


def looks_normalised(poses: np.ndarray) -> np.ndarray:
    """Tell shares of the image from pixels.

    Args:
        poses (np.ndarray): x and y of joints, (N, K, 2).

    Returns:
        np.ndarray: Which poses lie within the first pixels, bool (N, ).
    """
    small = (np.abs(poses) <= _MAX_RELATIVE).all((1, 2))
    return small & (poses != np.round(poses)).any((1, 2))


def _explain_relative(comparison: Comparison,
                      relative: np.ndarray) -> Explanation:
    row = comparison.found.row[relative][0]
    pose = comparison.found.keypoints[relative][0]
    x, y, _ = pose[np.abs(pose[:, :2]).sum(1).argmax()]
    return Explanation(
        'coordinates_normalised', 'coordinates are between 0 and 1, shares '
        f'of the width and height of the image, such as ({x:.3g}, {y:.3g}) '
        f'in record {row}', 'multiply x by the width and y by the height of '
        'the image', int(relative.sum()), len(comparison.results))


def _best_change(comparison: Comparison, pairs: PosePairs,
                 share: float) -> Optional[_Change]:
    """Try ways to read the coordinates; None unless one explains much."""
    wanted = max(share + _GAIN, _TIMES * share)
    if not len(pairs.truth) or wanted > 1:
        return None
    swapped = pairs.found[..., ::-1]
    mirrored = pairs.found[:, comparison.flip_indices]
    changes = [
        _Change(
            pairs.share_found(swapped), 'xy_exchanged', 'x and y are '
            'exchanged', 'write x, y, score of each joint'),
        _Change(
            pairs.share_found(mirrored), 'left_right_exchanged', 'left and '
            'right joints are exchanged', 'write the joints in the order of '
            'the annotated skeleton'),
        *_scaled(pairs, pairs.found, ''),
        *_scaled(pairs, swapped, 'x and y are exchanged and '),
        *_shifted(pairs),
    ]
    # the first of equals: the simplest
    best = max(changes, key=lambda change: round(change.share, 1))
    return best if best.share >= wanted else None


def _scaled(pairs: PosePairs, found: np.ndarray,
            prefix: str) -> Iterator[_Change]:
    """Read coordinates as multiples of pixels."""
    enough = (pairs.labelled.sum(1) >= _MIN_JOINTS)[:, None, None]
    known = pairs.labelled[..., None]
    squares = (found**2 * known).sum(1, keepdims=True)
    factors = (found * pairs.annotated * known).sum(1, keepdims=True)
    factors = np.where(enough, factors / np.maximum(squares, 1e-9), 1.)
    fits = pairs.oks(found * factors) >= FOUND
    if not fits.any():
        return
    factor = np.median(factors[fits], axis=0)
    x, y = factor[0]
    same = abs(x - y) < .05 * abs(x)
    by = f'{np.sqrt(x * y):.3g}' if same else f'{x:.3g} and y by {y:.3g}'
    yield _Change(
        pairs.share_found(found * factor), 'coordinates_scaled',
        f'{prefix}coordinates are in other units than the annotations',
        f'multiply {"x and y" if same else "x"} by {by}')
    yield _Change(
        pairs.share_found(found * factors) * (len(np.unique(pairs.image)) > 1),
        'coordinates_scaled_by_image', f'{prefix}coordinates are scaled by '
        f'another factor in each image, {_spread(1 / factors[fits])}, as '
        'those of resized images are', 'undo the resizing of each image')


def _shifted(pairs: PosePairs) -> Iterator[_Change]:
    """Read coordinates as counted from elsewhere than the image's corner."""
    enough = (pairs.labelled.sum(1) >= _MIN_JOINTS)[:, None, None]
    known = pairs.labelled[..., None]
    offsets = ((pairs.annotated - pairs.found) * known).sum(1, keepdims=True)
    offsets = np.where(enough, offsets / known.sum(1, keepdims=True), 0.)
    fits = pairs.oks(pairs.found + offsets) >= FOUND
    if not fits.any():
        return
    offset = np.median(offsets[fits], axis=0)
    x, y = offset[0]
    yield _Change(
        pairs.share_found(pairs.found + offset), 'coordinates_shifted',
        'coordinates are shifted', f'add {x:.0f} to x and {y:.0f} to y')
    yield _Change(
        pairs.share_found(pairs.found + offsets), 'coordinates_of_crop',
        'coordinates are shifted in each image or pose by another amount, '
        f'{_spread(offsets[fits])} pixels, as those within the box of the '
        'person are', 'add the corner of the box to the coordinates')


def _spread(values: np.ndarray) -> str:
    low, high = np.quantile(values, (.05, .95))
    return f'{low:.3g} to {high:.3g}'


def _is_outside(comparison: Comparison) -> np.ndarray:
    """Which results lie mostly outside of their image, bool (N, )."""
    found = comparison.found
    sizes = np.vstack((comparison.sizes, (np.nan, np.nan)))[found.image]
    xy = found.keypoints[..., :2]
    present = (found.keypoints != 0).any(-1)
    beyond = ((xy < 0) | (xy > sizes[:, None])).any(-1) & present
    return (beyond.sum(1) > .5 * present.sum(1)) & np.isfinite(sizes).all(1)


def _explain_outside(comparison: Comparison,
                     outside: np.ndarray) -> Explanation:
    first = int(np.flatnonzero(outside)[0])
    pose = comparison.found.keypoints[first, :, :2]
    x, y = pose[np.abs(pose).max(1).argmax()]
    width, height = comparison.sizes[comparison.found.image[first]]
    return Explanation(
        'outside_image', 'most joints lie outside of the image, such as in '
        f'record {comparison.found.row[first]}: ({x:.0f}, {y:.0f}) in an '
        f'image of {width:.0f} x {height:.0f} pixels', 'check that the '
        'estimator saw the images in this size, not resized or turned by '
        'EXIF, and that the annotations are of the same',
        int(outside.sum()), len(comparison.results))


def _explain_other_images(comparison: Comparison,
                          share: float) -> Optional[Explanation]:
    """Try whether ids that exist are meant as numbers of files."""
    pairs = pair_poses(comparison.by_file_number())
    found = pairs.share_found(pairs.found)
    if found < share + _GAIN:
        return None
    return Explanation(
        'image_id_is_file_number', 'image ids are the numbers in the file '
        'names, but the annotations give the same ids to other images: taken '
        f'as file numbers, {found:.0%} of the people have a result with an '
        f'OKS of {FOUND:g}, as they are {share:.0%}', 'write the ids that the '
        'annotations give the files', len(comparison.found.row),
        len(comparison.results))


def _explain_far(comparison: Comparison, pairs: PosePairs) -> Explanation:
    """Name the distance from people, where nothing else explains it."""
    known = pairs.labelled
    distances = np.linalg.norm(pairs.found - pairs.annotated, axis=-1)
    distances = (distances * known).sum(1) / known.sum(1)
    truth, place = np.unique(pairs.truth, return_inverse=True)
    nearest = np.full(len(truth), np.inf)
    np.minimum.at(nearest, place.ravel(), distances)
    size = np.sqrt(np.median(comparison.areas[truth]))
    image = comparison.images[pairs.image[0]]
    return Explanation(
        'poses_far', 'ids meet, but hardly any pose fits: joints of the '
        f'nearest result are {np.median(nearest):.0f} pixels from the '
        f'annotated ones, people are about {size:.0f} pixels large; nothing '
        'about the coordinates explains it', 'look at some images with their '
        f'poses, such as {show(image.get("file_name"))}: image ids may be '
        'those of other images, joints in another order, or the estimator '
        'may have failed', int(len(truth)), int(len(truth)))
