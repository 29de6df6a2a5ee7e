"""Diagnose a results file."""
from pathlib import Path
from typing import Any, List, NamedTuple, Union

from ..datasets.pose_records import load_pose_records
from ..fileio import read_json
from .diagnosis import Diagnosis, diagnose_results


class DiagnosedFile(NamedTuple):
    """A diagnosis and what it was made of.

    Attributes:
        diagnosis (Diagnosis): Of the results.
        results (List[Any]): Content of the results file.
        annotations (dict): Content of the annotation file.
    """

    diagnosis: Diagnosis
    results: List[Any]
    annotations: dict


def diagnose_files(results: Union[str, Path], ann: Union[str, Path],
                   metainfo: dict, **options: Any) -> DiagnosedFile:
    """Read a results file and its annotations and diagnose the poses.

    Args:
        results (str | Path): COCO keypoint results file.
        ann (str | Path): COCO annotation file.
        metainfo (dict): Skeleton.
        **options: Of :func:`~posefix_mm.analysis.diagnose_results`.

    Returns:
        DiagnosedFile: The diagnosis and the content of both files.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If they are not what they should be or do not meet; the
            message names the files.
    """
    records = load_pose_records(results, metainfo['num_keypoints'], None)
    raw = [record.raw for record in records]
    annotations = read_json(ann)
    try:
        diagnosis = diagnose_results(raw, annotations, metainfo, **options)
    except ValueError as error:
        raise ValueError(f'{results}, held against {ann}: {error}') from error
    return DiagnosedFile(diagnosis, raw, annotations)
