"""The people on a page: their pictures and what became of their poses."""
from pathlib import PurePath
from typing import List, NamedTuple, Optional

import numpy as np

from ...apis.image_finder import ImageFinder
from ...datasets.transforms.error_synthesis import ERROR_TYPES
from .comparison import Comparison
from .people_choice import choose_people
from .pose_pictures import PictureError, PosePicture, take_picture

#: Pictures stop when they weigh this much in all, in bytes.
MAX_PICTURE_BYTES = 4_000_000

_GROUPS = dict(
    improved=('most improved', 'Most improved'),
    damaged=('most damaged', 'Most damaged'),
    moved=('moved most', 'Moved most'),
    random=('random', 'A random sample of the others'))


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


def known(count: Optional[int]) -> str:
    """Write a count.

    Args:
        count (int, optional): None if it is not known.

    Returns:
        str: The count, or a question mark.
    """
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

    @property
    def errors_before(self) -> List[str]:
        """Errors of the input pose."""
        return [e.name for e in self.errors if e.before]

    @property
    def errors_after(self) -> List[str]:
        """Errors of the refined pose."""
        return [e.name for e in self.errors if e.after]


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


class CardMaker:
    """Makes the cards of people.

    Args:
        found (Comparison): What refinement did.
        finder (ImageFinder): Finds the photos.
    """

    def __init__(self, found: Comparison, finder: ImageFinder) -> None:
        self.found = found
        self.finder = finder
        self.weight = 0

    def groups(self, count: int, seed: int = 0) -> List[PeopleGroup]:
        """Make the cards of all groups.

        Args:
            count (int): People in each group, at most.
            seed (int): Of the random sample. Defaults to 0.

        Returns:
            List[PeopleGroup]: The groups.
        """
        found = self.found
        change = np.where(np.isnan(found.moves), 0, found.moves).mean(1) \
            if found.truth is None else found.truth.oks[1] - found.truth.oks[0]
        chosen = choose_people(
            change, count, signed=found.truth is not None, seed=seed)
        return [
            PeopleGroup(key, *_GROUPS[key],
                        [self.card(int(pair)) for pair in pairs])
            for key, pairs in chosen.items()
        ]

    def card(self, pair: int) -> PersonCard:
        """Make the card of one pair."""
        record = self.found.records[pair]
        errors = self._errors(pair)
        name, picture, problem = f'{record.image_id!s:.80}', None, ''
        try:
            path = self.finder.find(record.image_id)
            name = PurePath(path).name
            picture = self._picture(path, pair)
        except (LookupError, PictureError) as error:
            # str() of a LookupError may be a repr
            problem = str(error.args[0])
        name = f'{name}, record {record.index}'
        facts = self._facts(pair)
        listed = ', '.join(f'{e.name} {known(e.before)} to {known(e.after)}'
                           for e in errors)
        alt = f'A person of {name}. {facts}.' + (
            f' Joints with errors: {listed}.' if listed else '')
        return PersonCard(name, facts, alt, errors, picture, problem)

    def _facts(self, pair: int) -> str:
        moves = self.found.moves[pair]
        known = moves[~np.isnan(moves)]
        moved = f'joints moved {known.mean():.1%} of the pose' \
            if len(known) else 'no joint to follow'
        truth = self.found.truth
        if truth is None or truth.person[pair] < 0:
            return moved
        before, after = truth.oks[:, pair]
        return f'OKS {before:.2f} \u2192 {after:.2f}, {moved}'

    def _errors(self, pair: int) -> List[ErrorChange]:
        if self.found.truth is None:
            return []
        counts = [[
            int((status == code).sum()) if (status >= 0).any() else None
            for code in range(len(ERROR_TYPES))
        ] for status in self.found.truth.status[:, pair]]
        return [
            ErrorChange(name, before, after) for name, before, after in zip(
                ERROR_TYPES[1:], counts[0][1:], counts[1][1:], strict=True)
            if before or after
        ]

    def _picture(self, path: PurePath, pair: int) -> PosePicture:
        """Take the picture, unless the page is full."""
        if self.weight > MAX_PICTURE_BYTES:
            raise PictureError('the page would become too large')
        found, truth = self.found, self.found.truth
        poses = [found.before.keypoints[pair], found.after.keypoints[pair]]
        visible = [found.before.visible[pair], found.after.visible[pair]]
        status = [None, None] if truth is None else [*truth.status[:, pair]]
        if truth is not None and truth.person[pair] >= 0:
            person = truth.person[pair]
            poses.append(found.people.keypoints[person])
            visible.append(found.people.visible[person])
            status.append(None)
        picture = take_picture(path, poses, visible, status,
                               found.metainfo['skeleton_links'])
        self.weight += len(picture.uri)
        return picture
