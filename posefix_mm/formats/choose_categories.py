"""Which categories of a file a refiner is for."""
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..structures.joint_map import plain_name
from ..structures.pose_records import category_of
from .joint_maps import load_source_joints

# Of the joints of the smaller skeleton so many have the same name where it is
# the same kind of body: 12 of CrowdPose's 14 are COCO's, 11 of AP-10K's 17.
_SAME_KIND = .7


class ChosenCategories(NamedTuple):
    """Categories that are refined, None for all, and why these."""

    ids: Sequence[int] | None
    reason: str


def choose_categories(described: Sequence[dict], names: Sequence[str],
                      default: Sequence[int] | None,
                      joint_map: str | Path | None = None
                      ) -> ChosenCategories | None:
    """Choose the categories that have the refiner's joints.

    Args:
        described (Sequence[dict]): COCO's ``categories`` of the poses' file,
            or of its annotations.
        names (Sequence[str]): The refiner's keypoints, (K, ).
        default (Sequence[int], optional): Categories of the refiner, None if
            it is for all.
        joint_map (str | Path, optional): The user's, whose joints count then.

    Returns:
        ChosenCategories | None: None if no category names its joints.

    Raises:
        ValueError: If all that do are another kind of body.
    """
    named = [c for c in described if isinstance(c.get('keypoints'), list)
             and c['keypoints'] and category_of(dict(
                 category_id=c.get('id'))) is not None]
    if not named:
        return None
    if isinstance(joint_map, (str, Path)) and joint_map != 'identity':
        names = load_source_joints(joint_map).names or names
    same = named
    if joint_map in (None, 'identity'):
        same = [
            c for c in named
            if len({*map(plain_name, c['keypoints'])}
                   & {*map(plain_name, names)}) >= _SAME_KIND * min(
                len(c['keypoints']), len(names))
            or (joint_map and len(c['keypoints']) == len(names))
        ]
    if not same:
        first = named[0]
        raise ValueError(
            f'category {first.get("id")} ({first.get("name")}) has the joints '
            f'{", ".join(map(str, first["keypoints"])):.200}; the refiner is '
            f'for {", ".join(names):.200}: another kind of body is not '
            'refined. If it is the same under other names, say so with '
            '--joint-map (identity: the same order); or choose with '
            '--categories')
    ids = [category_of(dict(category_id=c['id'])) for c in same]
    if default is not None and len(ids) > 1:  # the refiner's, if among them
        ids = [i for i in ids if i in default] or ids[:1]
    return ChosenCategories(ids, 'it has the joints of the refiner')


def category_by_count(present: Sequence[int],
                      default: Sequence[int] | None) -> ChosenCategories:
    """Choose the only category that is ``present``, else ``default``."""
    if default is not None and len(present) == 1 and present[0] not in default:
        return ChosenCategories(present, 'the only one of the file')
    return ChosenCategories(default, 'the refiner is for it')
