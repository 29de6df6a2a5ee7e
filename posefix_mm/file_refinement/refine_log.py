"""Account for every record that did not come back refined."""
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson

from ..fileio import atomic_write
from ..formats import PoseFile

#: Code of records that OKS-NMS dropped.
DUPLICATE = 'duplicate'
# Fields that refined records of COCO results get, and so many are looked at.
_FIELDS = {'predicted_oks', 'score_before'}
_LOOKED_AT = 100


def log_path(out: Path) -> Path:
    """Place of the log, beside the output."""
    return out.with_name(f'{out.name}.log.jsonl')


def write_log(path: Path, pose_file: PoseFile,
              problems: Sequence[tuple[int, str, str]], dropped: np.ndarray,
              refined: int,
              output: Path | None = None) -> dict[str, int]:
    """Write a line of JSON for each record that is not in the output refined.

    A line holds the ``index`` of the record in the input, its ``image``, a
    ``code`` for programs and a ``reason`` for people. The last line is a
    ``summary`` with counts.

    Args:
        path (Path): The log.
        pose_file (PoseFile): The input.
        problems (Sequence[Tuple[int, str, str]]): Position, code and reason
            of records that were passed through, in order.
        dropped (np.ndarray): Records that OKS-NMS dropped, bool (N, ).
        refined (int): Records that were refined, dropped ones included.
        output (Path, optional): What was written, by whose content the log
            knows it again.

    Returns:
        Dict[str, int]: Records by code.
    """
    duplicates = [(int(index), DUPLICATE, 'dropped by OKS-NMS: a better '
                   'scored pose of the image is nearly the same')
                  for index in np.flatnonzero(dropped)]
    entries = sorted([*problems, *duplicates])
    codes = Counter(code for _, code, _ in entries)
    summary = dict(
        records=len(pose_file),
        refined=refined,
        unrefined=len(problems),
        dropped=len(duplicates),
        codes=dict(sorted(codes.items())))
    if output is not None:
        summary['output'] = _digest(output)
    with atomic_write(path) as file:
        for index, code, reason in entries:
            file.write(
                orjson.dumps(
                    dict(
                        index=index,
                        image=_image_name(pose_file, index),
                        code=code,
                        reason=reason),
                    option=orjson.OPT_APPEND_NEWLINE))
        file.write(
            orjson.dumps(
                dict(summary=summary), option=orjson.OPT_APPEND_NEWLINE))
    return summary['codes']


def was_refined(pose_file: PoseFile) -> str | None:
    """Tell how it is known that poses are what a refinement has written.

    Args:
        pose_file (PoseFile): The poses.

    Returns:
        str | None: The log beside them, if it is that of this very content,
        or fields that only a refinement writes; None for other poses.
    """
    log = log_path(pose_file.path)
    try:
        summary = orjson.loads(log.read_bytes().splitlines()[-1])['summary']
        if summary['refined'] > 0 and summary['output'] == _digest(
                pose_file.path):
            return str(log)
    except (OSError, ValueError, LookupError, TypeError):
        pass  # none, or of something else
    for record in pose_file.read(range(min(len(pose_file), _LOOKED_AT))):
        if isinstance(record.raw, dict) and _FIELDS <= record.raw.keys():
            return ' and '.join(sorted(_FIELDS))
    return None


def _digest(path: Path) -> str:
    """Fingerprint of a file, or of the files of a folder."""
    digest = hashlib.blake2b(digest_size=16)
    files = sorted(p for p in path.rglob('*') if p.is_file()) \
        if path.is_dir() else [path]
    for inner in files:
        with open(inner, 'rb') as file:
            digest.update(hashlib.file_digest(file, 'blake2b').digest())
    return digest.hexdigest()


def _image_name(pose_file: PoseFile, index: int):
    """What a person would look for."""
    image = int(pose_file.image_index[index])
    if image < 0:
        return None
    ref = pose_file.images[image]
    names: list = [ref.file_name, ref.stem, ref.image_id]
    name = next((name for name in names if name is not None), None)
    if isinstance(name, str):  # half of a surrogate pair is no UTF-8
        name = name.encode(errors='backslashreplace').decode()
    if isinstance(name, int) and name.bit_length() > 63:
        name = str(name)
    return name if ref.frame is None else f'{name}#{ref.frame}'
