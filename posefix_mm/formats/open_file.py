"""Open a file of poses, whichever tool wrote it."""
from collections.abc import Sequence
from pathlib import Path

from ..images.image_finder import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from ..structures.joint_map import JointMap
from ..structures.pose_records import RELEASE_CATEGORIES
from .base import FORMATS, PoseFile, SourceSkeleton
from .coco import category_joint_names
from .file_head import FileHead
from .folders import list_folder
from .joint_maps import build_joint_map, joint_map_names, source_names

# What people bring that is no format, by the suffix, and the remedy.
_OTHERS = {
    ('.pkl', '.pickle', '.pth', '.pt'): 'pickles are not opened, as they can '
    'run code: write its poses as JSON',
    ('.npy', '.npz', '.mat'): 'arrays do not say of which images they are: '
    'give them to posefix_mm.refine, or write COCO results',
    ('.gz', '.zip', '.bz2', '.xz', '.tar'): 'it is an archive: unpack it',
    ('.xml', '.yml', '.yaml'): 'export JSON: --write_json of OpenPose, COCO '
    'Keypoints of CVAT',
    IMAGE_SUFFIXES: 'it holds pictures, which belong to --img-dir',
    VIDEO_SUFFIXES: 'it holds videos, which belong to --img-dir',
    ('.json', '.jsonl', '.ndjson'): 'name it with --format (format=... in '
    'Python) or, where it is a folder with COCO results or the like, one of '
    'its files',
}
# JSON in which tools keep poses in ways of their own, by the fields of the
# object, or of the first element of the list; and how to get another.
_OWN_JSON = {
    ('shapes', 'imagePath'): 'a file of labelme: write its points as COCO '
    'annotations',
    ('item', 'annotations'): 'a file of Darwin (V7): export COCO',
    ('objects', 'size', 'description'): 'a file of Supervisely: export COCO '
    'keypoints',
    ('data', 'annotations', 'id'): "a file of Label Studio's: export COCO",
    ('data', 'predictions', 'id'): "a file of Label Studio's: export COCO",
    ('samples', ): 'a file of FiftyOne: export it as '
    'fiftyone.types.COCODetectionDataset',
}


def open_pose_file(path: str | Path,
                   *,
                   target_names: Sequence[str] | None = None,
                   format: str = 'auto',
                   joint_map: str | Path | JointMap | None = None,
                   categories: Sequence[int] | None = RELEASE_CATEGORIES,
                   listed: Sequence[dict] = ()) -> PoseFile:
    """Open a file or folder of poses.

    Args:
        path (str | Path): The file or folder.
        target_names (Sequence[str], optional): Names of the refiner's
            keypoints, (K, ). Defaults to the file's own joints, if it or
            ``joint_map`` names them.
        format (str): One of :data:`FORMATS`. Defaults to ``'auto'``: it is
            recognised by the content.
        joint_map (str | Path | JointMap, optional): One of the package's
            joint maps, a config, or a map. Defaults to joints of the same
            name in formats that name theirs, and to the same skeleton in
            others, which ``'identity'`` asks for everywhere.
        categories (Sequence[int], optional): Categories that are refined,
            None for all. Defaults to the release's: 1 only.
        listed (Sequence[dict]): Categories of annotations, which name the
            joints where the file does not.

    Returns:
        PoseFile: The poses.

    Raises:
        FileNotFoundError: If the path, or the joint map, does not exist.
        ImportError: If a package that reads the format is not installed; the
            message names the extra.
        ValueError: If the format is not known, or the file is not of it; the
            message names the file.
    """
    path = Path(path)
    reader = find_reader(path, format)
    if not isinstance(joint_map, JointMap):
        names = reader.joint_names(path, categories) \
            or category_joint_names(listed, categories)
        joint_map = _find_joint_map(path, names, target_names, joint_map)
    return reader(path, SourceSkeleton(joint_map, categories))


def find_reader(path: Path, format: str = 'auto') -> type[PoseFile]:
    """Find the reader of a file or folder, as :func:`open_pose_file` does."""
    if not path.exists():
        raise FileNotFoundError(f'the file or folder {path} does not exist')
    if format == 'auto':
        format = detect_format(path)
    if format not in FORMATS:
        raise ValueError(f'there is no format {format!r}; use one of auto, '
                         f'{", ".join(FORMATS)}')
    return FORMATS[format]


def detect_format(path: Path) -> str:
    """Recognise the format: each is asked whether a file is its own.

    Unless it is what most people have: COCO results that can be nothing else.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it can't be recognised.
    """
    root, names = list_folder(path)
    in_folder, refused = path.is_dir(), None
    # a suffix is enough, without a look into the file
    readers = sorted(
        FORMATS.values(), key=lambda r: (not r.suffixes, -r.priority, r.name))
    for name in sorted(names, key=lambda n: not n.endswith('.json')):
        head = FileHead(root / name, names if in_folder else ())
        try:
            if head.has_plain_results:  # what most people have
                return 'coco-results'
            first = head.element if head.opening == b'[' else None
            present = first if isinstance(first, dict) else head.fields
            if 'keypoints' not in present:
                own = next((hint for fields, hint in _OWN_JSON.items()
                            if present.keys() >= {*fields}), None)
                if own is not None:
                    refused = f'{root / name} is {own}'
                    break
            for reader in readers:
                if reader.matches(root / name, head):
                    return reader.name
        except ValueError:
            if not in_folder:
                raise
    if refused is not None:
        raise ValueError(f"can't refine {path}: {refused}")
    suffixes = {Path(name).suffix.lower() for name in names}
    hint = next((hint for known, hint in _OTHERS.items()
                 if not suffixes.isdisjoint(known)), 'name it with --format '
                '(format=... in Python)') if names else 'it is empty'
    raise ValueError(f"can't tell the format of {path}; {hint}")


def _find_joint_map(path: Path, names: Sequence[str] | None,
                    target_names: Sequence[str] | None,
                    config: str | Path | None) -> JointMap:
    if target_names is None:
        target_names = source_names(names, config)
        if target_names is None:
            raise ValueError(
                f'{path} does not name its joints; name them with a joint '
                f'map, one of {", ".join(joint_map_names())} or a config')
        return JointMap.identity(len(target_names))
    if config == 'identity':
        return JointMap.identity(len(target_names))
    try:
        return build_joint_map(target_names, config=config, file_names=names)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
