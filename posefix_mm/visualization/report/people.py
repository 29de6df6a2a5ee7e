"""The people on a page: who is shown, their photos, poses and errors."""
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from matplotlib.figure import Figure

from ...diagnosis.comparison import ResultsComparison
from ...images.image_source import ImageProblem, ImageSource
from ...structures.image_ref import ImageRef
from ...structures.oks import ERROR_TYPES
from ..figures import crop_photo, draw_pose, inline_svg, status_colors

# Width in pixels of the frames of 4:5 around pictures; see style.css.
_FRAME_WIDTH = 216
#: Longest side of a picture in pixels.
PICTURE_SIDE = 360
_JPEG_QUALITY = 78
#: No more pictures are made once they take this many bytes in all.
MAX_PICTURE_BYTES = 4_000_000

# Name of each group in the filter, and its heading.
_GROUPS = dict(
    improved=('most improved', 'Most improved'),
    damaged=('most damaged', 'Most damaged'),
    moved=('moved most', 'Moved most'),
    random=('random', 'A random sample of the others'))
_ANNOTATION = dict(limb_color='#f0e442', joint_colors='#f0e442', size=.8)


class PictureError(ValueError):
    """A picture cannot be made; the message says why."""


class PosePicture(NamedTuple):
    """A photo of one person with poses to lay over it."""

    uri: str  #: The photo as a JPEG ``data:`` URI
    width: int  #: In pixels
    height: int  #: In pixels
    poses: list[str]  #: An ``<svg>`` element for each pose


class ErrorChange(NamedTuple):
    """How many joints of a person have an error."""

    name: str
    before: int | None  #: None if the pose belongs to nobody: not known
    after: int | None


def count_text(count: int | None) -> str:
    """Write a count, with a question mark for None."""
    return '?' if count is None else str(count)


class PersonCard(NamedTuple):
    """One person."""

    name: str  #: File name of the image, and which record it is
    facts: str  #: One line of numbers
    alt: str  #: Text for those who do not see the picture
    errors: list[ErrorChange]  #: Empty if unknown
    #: Input pose, refined pose and, if there is one, the annotation.
    picture: PosePicture | None
    problem: str  #: Why there is no picture


class PeopleGroup(NamedTuple):
    """People chosen for one reason, a key of :func:`choose_people`."""

    key: str  #: The reason
    short: str  #: Its name in the filter
    title: str  #: Heading
    people: list[PersonCard]  #: The people


def choose_people(change: np.ndarray, count: int, *, signed: bool,
                  seed: int = 0) -> dict[str, np.ndarray]:
    """Choose the extremes and a random sample of the rest.

    ``change`` is what refinement did to each person, (P, ), NaN where unknown;
    only ``signed`` ones tell better (above 0) from worse.

    Returns:
        dict[str, np.ndarray]: Indices, int, of at most ``count`` people by
        group: ``improved`` and ``damaged``, or ``moved``, the largest changes
        first; ``random`` in rising order. No one is in two groups.
    """
    known = np.flatnonzero(~np.isnan(change))
    order = known[np.argsort(-change[known], kind='stable')]
    rising = order[change[order] > 0][:count]
    falling = order[change[order] < 0][::-1][:count]
    groups = dict(improved=rising, damaged=falling) if signed \
        else dict(moved=rising)
    rest = np.setdiff1d(
        np.arange(len(change)), np.concatenate(list(groups.values())))
    groups['random'] = np.sort(np.random.default_rng(seed).choice(
        rest, min(count, len(rest)), replace=False))
    return groups


def make_picture(image: np.ndarray, poses: Sequence[np.ndarray],
                 visible: Sequence[np.ndarray], styles: Sequence[dict],
                 skeleton_links: Sequence[Sequence[int]],
                 name: str) -> PosePicture:
    """Cut a person out of a photo and draw poses to lay over it.

    Args:
        image (np.ndarray): The photo, BGR, uint8 (H, W, 3).
        poses (Sequence[np.ndarray]): Poses in image pixels, (K, 2) each; all
            of them are on the picture as far as they are on the photo.
        visible (Sequence[np.ndarray]): Whether present, (K, ) each.
        styles (Sequence[dict]): Options of :func:`draw_pose` for each.
        skeleton_links (Sequence): Pairs of keypoint indices.
        name (str): Start of all ids in the drawings.

    Raises:
        PictureError: If no joint is present.
    """
    points = np.concatenate(
        [p[v > 0] for p, v in zip(poses, visible, strict=True)])
    if not len(points):
        raise PictureError('no joint is present')
    crop = crop_photo(image, points, aspect=.8, max_side=PICTURE_SIDE)
    encoded, data = cv2.imencode('.jpg', crop.image,
                                 [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not encoded:
        raise PictureError('the picture could not be encoded')
    height, width = crop.image.shape[:2]
    # as large on the screen whatever the picture's resolution is
    scale = max(width, height * .8) / _FRAME_WIDTH
    layers = []
    for number, (pose, present, style) in enumerate(
            zip(poses, visible, styles, strict=True)):
        figure = Figure(figsize=(width / 72, height / 72))  # 72 units an inch
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-.5, width - .5), ylim=(height - .5, -.5))
        axes.set_axis_off()
        draw_pose(axes, crop.transform(pose), present, skeleton_links,
                  **dict(style, size=style.get('size', 1.5) * scale))
        layers.append(inline_svg(figure, f'{name}-{number}'))
    text = base64.b64encode(data.tobytes()).decode('ascii')
    return PosePicture(f'data:image/jpeg;base64,{text}', width, height, layers)


@dataclass
class CardMaker:
    """Makes the cards of people, with photos of a source."""

    compared: ResultsComparison
    source: ImageSource
    num_bytes: int = 0  #: Size of all pictures so far

    def groups(self, count: int, seed: int = 0) -> list[PeopleGroup]:
        """Make the cards of all groups, of at most ``count`` people each."""
        truth = self.compared.truth
        change = np.nan_to_num(self.compared.moves).mean(1) \
            if truth is None else truth.oks[1] - truth.oks[0]
        groups = choose_people(
            change, count, signed=truth is not None, seed=seed)
        return [
            PeopleGroup(key, *_GROUPS[key],
                        [self._card(pair) for pair in pairs.tolist()])
            for key, pairs in groups.items()]

    def _card(self, pair: int) -> PersonCard:
        record = self.compared.records[pair]
        errors, facts = self._errors(pair), self._facts(pair)
        name, picture, problem = f'{record.image_id!s:.80}', None, ''
        try:
            ref = ImageRef(image_id=record.image_id)
            photo = self.source.find(ref)
            name = photo.path.name + (
                '' if photo.frame is None else f', frame {photo.frame}')
            picture = self._picture(ref, pair)
        except (ImageProblem, PictureError) as error:
            problem = str(error)
        name = f'{name}, record {record.index}'
        changes = ', '.join(
            f'{e.name} {count_text(e.before)} to {count_text(e.after)}'
            for e in errors)
        alt = f'A person of {name}. {facts}.' + (
            f' Joints with errors: {changes}.' if changes else '')
        return PersonCard(name, facts, alt, errors, picture, problem)

    def _facts(self, pair: int) -> str:
        moves = self.compared.moves[pair]
        known = moves[~np.isnan(moves)]
        moved = f'joints moved {known.mean():.1%} of the pose' \
            if len(known) else 'no joint is there before and after'
        truth = self.compared.truth
        if truth is None or truth.person[pair] < 0:
            return moved
        before, after = truth.oks[:, pair]
        return f'OKS {before:.2f} \u2192 {after:.2f}, {moved}'

    def _errors(self, pair: int) -> list[ErrorChange]:
        if self.compared.truth is None:
            return []
        changes = [
            ErrorChange(name, *(
                int((status == code).sum()) if (status >= 0).any() else None
                for status in self.compared.truth.status[:, pair]))
            for code, name in enumerate(ERROR_TYPES) if code]
        return [change for change in changes if change.before or change.after]

    def _picture(self, ref: ImageRef, pair: int) -> PosePicture:
        """Make the picture, unless the page is full."""
        if self.num_bytes > MAX_PICTURE_BYTES:
            raise PictureError('the page would become too large')
        compared, truth = self.compared, self.compared.truth
        status = [None, None] if truth is None else truth.status[:, pair]
        layers = [
            (side.keypoints[pair], side.visible[pair],
             dict(joint_colors=status_colors(codes, len(side.visible[pair]))))
            for side, codes in zip((compared.before, compared.after), status,
                                   strict=True)]
        if truth is not None and truth.person[pair] >= 0:
            person = truth.person[pair]
            layers.append((truth.people.keypoints[person],
                           truth.people.visible[person], _ANNOTATION))
        picture = make_picture(self.source.load(ref),
                               *zip(*layers, strict=True),
                               compared.metainfo['skeleton_links'],
                               f'pair{pair}')
        self.num_bytes += sum(map(len, (picture.uri, *picture.poses)))
        return picture
