"""Are the coordinates of the results pixels of the annotated images?"""
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...structures.pose_records import looks_normalised
from .data import EvaluationData, Explanation, quote

# Images, and results of each, that are sampled to find what is wrong with all.
_MAX_IMAGES = 400
_MAX_RESULTS = 20
# OKS from which a result finds a person.
_FOUND = .5
# A change of the coordinates is an explanation if this share more of the
# people is found with it, and this many times as many.
_GAIN = .2
_TIMES = 2.
# With fewer joints nearly any two poses fit each other.
_MIN_JOINTS = 4
# Estimators guess joints that are out of the image, seldom most of a pose.
_FEW_OUTSIDE = .01
# Poses of other images, or of an estimator that failed, are found so rarely.
_NONE_FOUND = .05


class _Pairs(NamedTuple):
    """P pairs of a result and an annotated pose of its image."""

    result: np.ndarray  #: Index in ``poses`` of the data, int64 (P, )
    truth: np.ndarray  #: Index in ``truth``, int64 (P, )
    image: np.ndarray  #: Index of the image, int64 (P, )
    keypoints: np.ndarray  #: Of the results in whatever unit, (P, K, 2)
    annotated: np.ndarray  #: Annotated keypoints, image pixels, (P, K, 2)
    labelled: np.ndarray  #: Joints that are annotated, bool (P, K)
    variances: np.ndarray  #: Denominators of OKS, squared pixels, (P, K)

    def oks(self, keypoints: np.ndarray) -> np.ndarray:
        """OKS (P, ) with other keypoints of the results, (P, K, 2)."""
        distances = ((keypoints - self.annotated)**2).sum(-1)
        similarity = np.exp(-distances / self.variances) * self.labelled
        return similarity.sum(1) / self.labelled.sum(1)

    def recall(self, keypoints: np.ndarray) -> float:
        """Share of the annotated poses that are found with keypoints."""
        people, index = np.unique(self.truth, return_inverse=True)
        best = np.zeros(len(people))
        np.maximum.at(best, index.ravel(), self.oks(keypoints))
        return float((best >= _FOUND).mean()) if len(best) else 0.


def _pair_poses(data: EvaluationData) -> _Pairs:
    """Pair poses of a sample of the images: the best results of each."""
    truth, poses = data.truth, data.poses
    finite = np.flatnonzero(
        np.isfinite(poses.keypoints[..., :2]).all((1, 2)) & (poses.image >= 0))
    scores = np.nan_to_num(data.scores[poses.row[finite]])
    finite = finite[np.lexsort((-scores, poses.image[finite]))]
    image = poses.image[finite]
    chosen = finite[np.arange(len(image)) - np.searchsorted(image, image)
                    < _MAX_RESULTS]
    shared = np.intersect1d(truth.image, poses.image[chosen])
    if len(shared) > _MAX_IMAGES:
        shared = shared[np.linspace(
            0, len(shared) - 1, _MAX_IMAGES).astype(int)]
    chosen = chosen[np.isin(poses.image[chosen], shared)]
    start, stop = (np.searchsorted(poses.image[chosen], truth.image, side)
                   for side in ('left', 'right'))
    counts = stop - start
    first = np.repeat(start - np.cumsum(counts) + counts, counts)
    result = chosen[first + np.arange(counts.sum())]
    person = np.repeat(np.arange(len(counts)), counts)
    keypoints = truth.keypoints[person]
    return _Pairs(
        result, person, truth.image[person], poses.keypoints[result, :, :2],
        keypoints[..., :2], keypoints[..., 2] > 0,
        2 * data.areas[person, None] * (2 * data.sigmas)**2)


class _Change(NamedTuple):
    """A way to read the coordinates, and what it would explain."""

    recall: float
    code: str
    text: str
    remedy: str


def check_coordinates(data: EvaluationData) -> Iterator[Explanation]:
    """Find out whether the results are in other coordinates.

    Relative to the image or the person, scaled, shifted, with x and y or left
    and right exchanged, outside of the images, or near nobody at all.
    Candidates are tried on the results: one is named only if many more of the
    annotated people are found with it.
    """
    poses = data.poses.keypoints[..., :2]
    # annotations may be in shares of the image as well
    relative = looks_normalised(poses) & (
        np.abs(data.truth.keypoints[..., :2]).max(initial=0) > 10)
    if relative.any():
        x, y = _farthest(poses[relative][0])
        yield Explanation(
            'coordinates_normalised', 'coordinates are between 0 and 1, '
            f'shares of the width and height of the image, such as ({x:.3g}, '
            f'{y:.3g}) in record {data.poses.row[relative][0]}', 'multiply x '
            'by the width and y by the height of the image',
            int(relative.sum()), len(data.results))
        if relative.all():
            return
    pairs = _pair_poses(data)
    pairs = _Pairs(*(column[~relative[pairs.result]] for column in pairs))
    recall = pairs.recall(pairs.keypoints)
    far = len(pairs.truth) > 0 and recall < _NONE_FOUND
    change = (_other_images(data, recall) if far else None) or _best_change(
        pairs, data.flip_indices, recall)
    if change:
        yield Explanation(
            change.code, f'{change.text}: read that way, {change.recall:.0%} '
            f'of the people have a result with an OKS of {_FOUND:g} or more, '
            f'as they stand {recall:.0%}', change.remedy, len(data.poses.row),
            len(data.results))
        return
    outside = _is_outside(data) & ~relative
    if outside.sum() > _FEW_OUTSIDE * len(outside):
        yield _explain_outside(data, outside)
    if far:
        yield _explain_far(data, pairs)


def _best_change(pairs: _Pairs, flip_indices: list[int],
                 recall: float) -> _Change | None:
    """Try ways to read the coordinates; None unless one explains much."""
    wanted = max(recall + _GAIN, _TIMES * recall)
    if not len(pairs.truth) or wanted > 1:
        return None
    swapped = pairs.keypoints[..., ::-1]
    mirrored = pairs.keypoints[:, flip_indices]
    changes = [
        _Change(
            pairs.recall(swapped), 'xy_exchanged', 'x and y are exchanged',
            'write x, y, score of each joint'),
        _Change(
            pairs.recall(mirrored), 'left_right_exchanged', 'left and right '
            'joints are exchanged', 'write the joints in the order of the '
            'annotated skeleton'),
        *_scaled(pairs, pairs.keypoints, ''),
        *_scaled(pairs, swapped, 'x and y are exchanged and '),
        *_shifted(pairs),
    ]
    # the first of equals: the simplest
    best = max(changes, key=lambda change: round(change.recall, 1))
    return best if best.recall >= wanted else None


def _fit(pairs: _Pairs, values: np.ndarray, weights: np.ndarray,
         default: float) -> np.ndarray:
    """Sums of values by sums of weights over annotated joints, (P, 1, 2).

    The default where a pose has too few joints.
    """
    known = pairs.labelled[..., None]
    total = (weights * known).sum(1, keepdims=True)
    fit = (values * known).sum(1, keepdims=True) / np.maximum(total, 1e-9)
    enough = pairs.labelled.sum(1) >= _MIN_JOINTS
    return np.where(enough[:, None, None], fit, default)


def _scaled(pairs: _Pairs, keypoints: np.ndarray,
            prefix: str) -> Iterator[_Change]:
    """Read coordinates as multiples of pixels."""
    factors = _fit(pairs, keypoints * pairs.annotated, keypoints**2, 1.)
    fits = pairs.oks(keypoints * factors) >= _FOUND
    if not fits.any():
        return
    factor = np.median(factors[fits], axis=0)
    x, y = factor[0]
    same = abs(x - y) < .05 * abs(x)
    by = f'{np.sqrt(x * y):.3g}' if same else f'{x:.3g} and y by {y:.3g}'
    yield _Change(
        pairs.recall(keypoints * factor), 'coordinates_scaled',
        f'{prefix}coordinates are in other units than the annotations',
        f'multiply {"x and y" if same else "x"} by {by}')
    yield _Change(
        pairs.recall(keypoints * factors) * (len(np.unique(pairs.image)) > 1),
        'coordinates_scaled_by_image', f'{prefix}coordinates are scaled by '
        f'another factor in each image, {_spread(1 / factors[fits])}, as '
        'those of resized images are', 'undo the resizing of each image')


def _shifted(pairs: _Pairs) -> Iterator[_Change]:
    """Read coordinates as counted from elsewhere than the image's corner."""
    offsets = _fit(pairs, pairs.annotated - pairs.keypoints, np.ones(1), 0.)
    fits = pairs.oks(pairs.keypoints + offsets) >= _FOUND
    if not fits.any():
        return
    offset = np.median(offsets[fits], axis=0)
    x, y = offset[0]
    yield _Change(
        pairs.recall(pairs.keypoints + offset), 'coordinates_shifted',
        'coordinates are shifted', f'add {x:.0f} to x and {y:.0f} to y')
    yield _Change(
        pairs.recall(pairs.keypoints + offsets), 'coordinates_of_crop',
        'coordinates are shifted in each image or pose by another amount, '
        f'{_spread(offsets[fits])} pixels, as those within the box of the '
        'person are', 'add the corner of the box to the coordinates')


def _spread(values: np.ndarray) -> str:
    low, high = np.quantile(values, (.05, .95))
    return f'{low:.3g} to {high:.3g}'


def _farthest(pose: np.ndarray) -> np.ndarray:
    """The joint farthest from the origin, (2, )."""
    return pose[np.abs(pose).max(1).argmax()]


def _is_outside(data: EvaluationData) -> np.ndarray:
    """Which results lie mostly outside of their image, bool (N, )."""
    sizes = np.vstack((data.sizes, (np.nan, np.nan)))[data.poses.image]
    xy = data.poses.keypoints[..., :2]
    present = (data.poses.keypoints != 0).any(-1)
    beyond = ((xy < 0) | (xy > sizes[:, None])).any(-1) & present
    return (beyond.sum(1) > .5 * present.sum(1)) & np.isfinite(sizes).all(1)


def _explain_outside(data: EvaluationData, outside: np.ndarray) -> Explanation:
    first = int(np.flatnonzero(outside)[0])
    x, y = _farthest(data.poses.keypoints[first, :, :2])
    width, height = data.sizes[data.poses.image[first]]
    return Explanation(
        'outside_image', 'most joints lie outside of the image, such as in '
        f'record {data.poses.row[first]}: ({x:.0f}, {y:.0f}) in an '
        f'image of {width:.0f} x {height:.0f} pixels', 'check that the '
        'estimator saw the images in this size, not resized or turned by '
        'EXIF, and that the annotations are of the same',
        int(outside.sum()), len(data.results))


def _other_images(data: EvaluationData, recall: float) -> _Change | None:
    """Try whether ids that exist are meant as numbers of files."""
    pairs = _pair_poses(data.by_file_number())
    by_number = pairs.recall(pairs.keypoints)
    return None if by_number < recall + _GAIN else _Change(
        by_number, 'image_id_is_file_number', 'image ids are the numbers in '
        'the file names, but the annotations give the same ids to other '
        'images', 'write the ids that the annotations give the files')


def _explain_far(data: EvaluationData, pairs: _Pairs) -> Explanation:
    """Name the distance from people, where nothing else explains it."""
    known = pairs.labelled
    distances = np.linalg.norm(pairs.keypoints - pairs.annotated, axis=-1)
    distances = (distances * known).sum(1) / known.sum(1)
    truth, index = np.unique(pairs.truth, return_inverse=True)
    nearest = np.full(len(truth), np.inf)
    np.minimum.at(nearest, index.ravel(), distances)
    size = np.sqrt(np.median(data.areas[truth]))
    image = data.images[pairs.image[0]]
    return Explanation(
        'poses_far', 'the ids agree, but hardly any pose does: joints of the '
        f'nearest result are {np.median(nearest):.0f} pixels from the '
        f'annotated ones, people are about {size:.0f} pixels large; nothing '
        'about the coordinates explains it', 'look at some images with their '
        f'poses, such as {quote(image.get("file_name"))}: image ids may be '
        'those of other images, joints in another order, or the estimator '
        'may have failed', len(truth), len(truth))
