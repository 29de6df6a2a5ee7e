"""Tell which tool wrote a file of poses."""
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, Optional

from ..jsonio import ByteFile, find_fields, iter_elements, load_json
from .folder_listing import list_folder

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
    _, _, raw = next(iter_elements(file), (0, 0, b'null'))
    first = load_json(raw)
    if isinstance(first, dict) and isinstance(first.get('keypoints'), dict):
        return 'ultralytics-json'
    if in_folder:  # results of one image, without anybody
        return None
    # COCO's ids may be texts as well
    if isinstance(first, dict) and isinstance(first.get('image_id'), str) \
            and ('box' in first or 'idx' in first):
        return 'alphapose'
    return 'coco-results'


def _of_object(path: Path, in_folder: bool) -> Optional[str]:
    spans = find_fields(path)
    if 'people' in spans:
        return 'openpose'
    if _LANDMARKS.intersection(spans):
        return 'mediapipe'
    if 'annotations' not in spans:
        return None
    if in_folder or _VIDEO_FIELDS.intersection(_first_image(path, spans)):
        return 'posetrack18'
    return 'coco-annotations'


def _first_image(path: Path, spans: dict) -> Any:
    if 'images' not in spans:
        return ()
    start, _ = spans['images']
    _, _, raw = next(iter_elements(ByteFile(path), start), (0, 0, b'null'))
    first = load_json(raw)
    return first if isinstance(first, dict) else ()
