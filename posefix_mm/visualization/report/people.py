"""The people on a page: who is shown, their photos, poses and errors."""
import base64
from pathlib import Path, PurePath
from typing import Dict, List, NamedTuple, Optional, Sequence

import cv2
import numpy as np
from matplotlib.figure import Figure

from ...images.image_finder import ImageFinder
from ...structures.error_types import ERROR_TYPES
from ..figures import crop_photo, draw_pose, inline_svg, status_colors
from .comparison import ResultsComparison

# Pictures stand in frames of 4:5, about so many pixels wide; see style.css.
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


class PosePicture(NamedTuple):
    """A photo of one person with poses to lay over it.

    Attributes:
        uri (str): The photo as a JPEG ``data:`` URI.
        width (int): In pixels.
        height (int): In pixels.
        poses (List[str]): An ``<svg>`` element for each pose.
    """

    uri: str
    width: int
    height: int
    poses: List[str]


class PictureError(ValueError):
    """A picture cannot be made; the message says why."""


class ErrorChange(NamedTuple):
    """How many joints of a person have an error.

    Attributes:
        name (str): The error.
        before (int | None): Joints of the input pose; None if it belongs to
            nobody, so that its errors are not known.
        after (int | None): The same of the refined pose.
    """

    name: str
    before: Optional[int]
    after: Optional[int]


def count_text(count: Optional[int]) -> str:
    """Write a count, with a question mark for None."""
    return '?' if count is None else str(count)


class PersonCard(NamedTuple):
    """One person.

    Attributes:
        name (str): File name of the image, and which record it is.
        facts (str): One line of numbers.
        alt (str): Text for those who do not see the picture.
        errors (List[ErrorChange]): Errors before or after; empty if unknown.
        picture (PosePicture | None): Input pose, refined pose and, if there
            is one, the annotation.
        problem (str): Why there is no picture.
    """

    name: str
    facts: str
    alt: str
    errors: List[ErrorChange]
    picture: Optional[PosePicture]
    problem: str = ''


class PeopleGroup(NamedTuple):
    """People chosen for one reason.

    Attributes:
        key (str): ``improved``, ``damaged``, ``moved`` or ``random``.
        short (str): Name of the choice.
        title (str): Heading.
        people (List[PersonCard]): The people.
    """

    key: str
    short: str
    title: str
    people: List[PersonCard]


def choose_people(change: np.ndarray,
                  count: int,
                  *,
                  signed: bool,
                  seed: int = 0) -> Dict[str, np.ndarray]:
    """Choose the extremes and a random sample of the rest.

    Args:
        change (np.ndarray): What refinement did to each person, (P, ); NaN
            where unknown.
        count (int): People in each group, at most.
        signed (bool): Whether ``change`` tells better (above 0) from worse
            (below 0), rather than only little from much.
        seed (int): Of the random sample. Defaults to 0.

    Returns:
        Dict[str, np.ndarray]: Indices, int, by group: ``improved`` and
        ``damaged``, or ``moved``, the largest changes first; ``random`` in
        rising order. No one is in two groups.
    """
    known = np.flatnonzero(~np.isnan(change))
    order = known[np.argsort(-change[known], kind='stable')]
    rising = order[change[order] > 0][:count]
    if signed:
        falling = order[::-1][change[order[::-1]] < 0][:count]
        groups = dict(improved=rising, damaged=falling)
    else:
        groups = dict(moved=rising)
    rest = np.setdiff1d(
        np.arange(len(change)), np.concatenate(list(groups.values())))
    rng = np.random.default_rng(seed)
    groups['random'] = np.sort(
        rng.choice(rest, min(count, len(rest)), replace=False))
    return groups


def make_picture(path: Path, poses: Sequence[np.ndarray],
                 visible: Sequence[np.ndarray], styles: Sequence[dict],
                 skeleton_links: Sequence[Sequence[int]],
                 name: str) -> PosePicture:
    """Cut a person out of a photo and draw poses to lay over it.

    Args:
        path (Path): The photo.
        poses (Sequence[np.ndarray]): Poses in image pixels, (K, 2) each; all
            of them are on the picture as far as they are on the photo.
        visible (Sequence[np.ndarray]): Whether present, (K, ) each.
        styles (Sequence[dict]): Arguments of
            :func:`~posefix_mm.visualization.figures.draw_pose` for each.
        skeleton_links (Sequence): Pairs of keypoint indices.
        name (str): Start of all ids in the drawings.

    Returns:
        PosePicture: With a drawing of each pose.

    Raises:
        PictureError: If the file is not an image, or no joint is present.
    """
    image = _read_image(path)
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
        style = dict(style, size=style.get('size', 1.5) * scale)
        draw_pose(axes, crop.transform(pose), present, skeleton_links, **style)
        layers.append(inline_svg(figure, f'{name}-{number}'))
    text = base64.b64encode(data.tobytes()).decode('ascii')
    return PosePicture(f'data:image/jpeg;base64,{text}', width, height, layers)


def _read_image(path: Path) -> np.ndarray:
    """Read a photo as BGR."""
    try:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PictureError('unreadable image') from error
    if image is None:
        raise PictureError('the file is not an image')
    return image


class CardMaker:
    """Makes the cards of people.

    Args:
        compared (ResultsComparison): What refinement did.
        finder (ImageFinder): Finds the photos.
    """

    def __init__(self, compared: ResultsComparison,
                 finder: ImageFinder) -> None:
        self.compared = compared
        self.finder = finder
        self.num_bytes = 0

    def groups(self, count: int, seed: int = 0) -> List[PeopleGroup]:
        """Make the cards of all groups.

        Args:
            count (int): People in each group, at most.
            seed (int): Of the random sample. Defaults to 0.

        Returns:
            List[PeopleGroup]: The groups.
        """
        truth = self.compared.truth
        change = np.nan_to_num(self.compared.moves).mean(1) \
            if truth is None else truth.oks[1] - truth.oks[0]
        chosen = choose_people(
            change, count, signed=truth is not None, seed=seed)
        return [
            PeopleGroup(key, *_GROUPS[key],
                        [self._card(int(pair)) for pair in pairs])
            for key, pairs in chosen.items()
        ]

    def _card(self, pair: int) -> PersonCard:
        record = self.compared.records[pair]
        errors, facts = self._errors(pair), self._facts(pair)
        name, picture, problem = f'{record.image_id!s:.80}', None, ''
        try:
            path = self.finder.find(record.image_id)
            name = PurePath(path).name
            picture = self._picture(path, pair)
        except (LookupError, PictureError) as error:
            # str() of a LookupError may be a repr
            problem = str(error.args[0])
        name = f'{name}, record {record.index}'
        listed = ', '.join(
            f'{e.name} {count_text(e.before)} to {count_text(e.after)}'
            for e in errors)
        alt = f'A person of {name}. {facts}.' + (
            f' Joints with errors: {listed}.' if listed else '')
        return PersonCard(name, facts, alt, errors, picture, problem)

    def _facts(self, pair: int) -> str:
        moves = self.compared.moves[pair]
        known = moves[~np.isnan(moves)]
        moved = f'joints moved {known.mean():.1%} of the pose' \
            if len(known) else 'no joint to follow'
        truth = self.compared.truth
        if truth is None or truth.person[pair] < 0:
            return moved
        before, after = truth.oks[:, pair]
        return f'OKS {before:.2f} \u2192 {after:.2f}, {moved}'

    def _errors(self, pair: int) -> List[ErrorChange]:
        if self.compared.truth is None:
            return []
        before, after = self.compared.truth.status[:, pair]
        changes = [
            ErrorChange(name, *(
                int((status == code).sum()) if (status >= 0).any() else None
                for status in (before, after)))
            for code, name in enumerate(ERROR_TYPES) if code
        ]
        return [change for change in changes if change.before or change.after]

    def _picture(self, path: Path, pair: int) -> PosePicture:
        """Make the picture, unless the page is full."""
        if self.num_bytes > MAX_PICTURE_BYTES:
            raise PictureError('the page would become too large')
        compared, truth = self.compared, self.compared.truth
        sides = [compared.before, compared.after]
        poses = [side.keypoints[pair] for side in sides]
        visible = [side.visible[pair] for side in sides]
        status = [None, None] if truth is None else truth.status[:, pair]
        styles = [dict(joint_colors=status_colors(codes, len(poses[0])))
                  for codes in status]
        if truth is not None and truth.person[pair] >= 0:
            person = truth.person[pair]
            poses.append(compared.people.keypoints[person])
            visible.append(compared.people.visible[person])
            styles.append(_ANNOTATION)
        picture = make_picture(path, poses, visible, styles,
                               compared.metainfo['skeleton_links'],
                               f'pair{pair}')
        self.num_bytes += sum(map(len, (picture.uri, *picture.poses)))
        return picture
