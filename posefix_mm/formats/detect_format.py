"""Tell which tool wrote a file of poses."""
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, Optional

from ..fileio import load_json
from ..structures.pose_records import IMAGE_FIELDS, image_id_of
from .folder_listing import list_folder
from .instance_lists import PEOPLE_FIELDS, is_frame
from .json_scanner import LIST_FIELDS, ByteFile, find_fields, iter_elements

_BY_SUFFIX = {
    '.slp': 'sleap',
    '.csv': 'deeplabcut',
    '.h5': 'deeplabcut-h5',
    '.txt': 'ultralytics-txt',
}
_LANDMARKS = {'landmark', 'landmarks', 'pose_landmarks', 'poseLandmarks'}
# What PoseTrack18's images have and COCO's lack.
_VIDEO_FIELDS = {'vid_id', 'frame_id', 'nframes'}


def detect_format(path: Path) -> str:
    """Tell the format by names of files, and by the fields of JSON.

    Args:
        path (Path): File or folder.

    Returns:
        str: Name of the format.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it can't be told.
    """
    root, names = list_folder(path)
    if path.is_file() and path.name.endswith('.predictions.json'):
        return 'instances'
    if path.is_dir() and any(n.endswith('_keypoints.json') for n in names):
        return 'openpose'
    for name in sorted(names, key=lambda n: not n.endswith('.json')):
        found = _of_file(root / name, in_folder=path.is_dir())
        if found is not None:
            return found
    if path.suffix == '.json' and path.is_file():
        return 'coco-results'  # whose reader says what is wrong with it
    raise ValueError(f"can't tell the format of {path}; name it with "
                     '--format (format=... in Python)')


def _of_file(path: Path, in_folder: bool) -> Optional[str]:
    if path.suffix == '.json':
        return _of_json(path, in_folder)
    found = _BY_SUFFIX.get(path.suffix.lower())
    if found is None and not in_folder and ByteFile(path).read(
            0, 4096).removeprefix(BOM_UTF8).lstrip()[:1] in (b'[', b'{'):
        return _of_json(path, in_folder)
    # of these only labels come as a folder
    return None if in_folder and found != 'ultralytics-txt' else found


def _of_json(path: Path, in_folder: bool) -> Optional[str]:
    file = ByteFile(path)
    head = file.read(0, 4096).removeprefix(BOM_UTF8).lstrip()[:1]
    try:
        if head == b'[':
            return _of_list(file, in_folder)
        if head == b'{':
            return _of_object(path, in_folder)
    except ValueError:
        if not in_folder:
            raise
    return None


def _of_list(file: ByteFile, in_folder: bool) -> Optional[str]:
    # in lists of frames, those without people are empty
    first = next((one for one in (load_json(raw)
                                  for _, _, raw in iter_elements(file))
                  if one not in ([], None)), None)
    found = _of_element(first)
    if found is not None:
        return found
    if in_folder:  # results of one image, without anybody
        return None
    # COCO's ids may be texts as well
    if isinstance(first, dict) and isinstance(first.get('image_id'), str) \
            and ('box' in first or 'idx' in first):
        return 'alphapose'
    return 'coco-results'


def _of_element(first: Any) -> Optional[str]:
    """Tell lists of frames and people, which name no image, by the first."""
    if isinstance(first, list) and first:
        inner = first[0]
        while isinstance(inner, list) and inner:
            inner = inner[0]
        landmark = isinstance(inner, dict) and {'x', 'y'} <= set(inner)
        return 'mediapipe' if landmark else 'instances'
    if not isinstance(first, dict):
        return None
    if isinstance(first.get('keypoints'), dict):
        return 'ultralytics-json'
    if _LANDMARKS.intersection(first):
        return 'mediapipe'
    named = image_id_of(first) is not None
    if is_frame(first) and first and not (named and 'keypoints' in first):
        return 'instances'
    return 'instances' if 'keypoints' in first and not any(
        name in first for name in IMAGE_FIELDS) else None


def _of_object(path: Path, in_folder: bool) -> Optional[str]:
    try:
        spans = find_fields(path)
    except ValueError:
        if _has_lines(path):
            return 'instances'
        raise
    if 'people' in spans:
        return 'openpose'
    if _LANDMARKS.intersection(spans):
        return 'mediapipe'
    if 'instance_info' in spans or _has_frames(path, spans):
        return 'instances'
    if 'annotations' in spans and (
            in_folder or {'images', 'categories'} & set(spans)
            or not _first_of(path, spans, 'annotations')):
        if in_folder or _VIDEO_FIELDS.intersection(_first_of(
                path, spans, 'images') or ()):
            return 'posetrack18'
        return 'coco-annotations'
    field = next((f for f in LIST_FIELDS if f in spans), None)
    if field is None:
        return None
    return _of_element(_first_of(path, spans, field)) or 'coco-results'


def _has_frames(path: Path, spans: dict) -> bool:
    """Whether an object holds frames, or people by name or number."""
    for field in ('frames', 'keypoints', *PEOPLE_FIELDS):
        if field in spans and field not in LIST_FIELDS:
            first = _first_of(path, spans, field)
            return is_frame(first) or isinstance(first, dict)
    first = _first_of(path, spans, next(iter(spans), ''))
    return isinstance(first, dict) and 'keypoints' in first \
        and not set(spans).intersection((*LIST_FIELDS, 'images'))


def _has_lines(path: Path) -> bool:
    """Whether each line is an object of a frame, as OpenPifPaf writes."""
    line = ByteFile(path).read(0, 1 << 20).split(b'\n', 1)[0]
    try:
        return is_frame(load_json(line))
    except ValueError:
        return False


def _first_of(path: Path, spans: dict, field: str) -> Any:
    """First element of a list in an object."""
    if field not in spans:
        return None
    start, _ = spans[field]
    try:
        _, _, raw = next(iter_elements(ByteFile(path), start), (0, 0, b'null'))
        return load_json(raw)
    except ValueError:  # no list, which its reader will tell
        return None
