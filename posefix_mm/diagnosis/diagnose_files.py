"""Diagnose a results file."""
from pathlib import Path
from typing import Any, List, NamedTuple, Union

from ..evaluation.annotation_format import tidy_annotations
from ..fileio import read_json
from ..formats.as_results import check_other_file, read_as_results
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
        results (str | Path): COCO keypoint results file, or poses of any
            format.
        ann (str | Path): COCO annotation file.
        metainfo (dict): Skeleton.
        **options: Of :func:`~posefix_mm.diagnosis.diagnose_results`.

    Returns:
        DiagnosedFile: The diagnosis and the content of both files.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If they are not what they should be or do not meet; the
            message names the files.
    """
    check_other_file(results, ann)
    annotations = read_json(ann)
    if isinstance(annotations, dict):
        annotations = tidy_annotations(annotations,
                                       metainfo['num_keypoints']).content
    raw = read_as_results(results, metainfo, annotations)
    try:
        diagnosis = diagnose_results(raw, annotations, metainfo, **options)
    except ValueError as error:
        raise ValueError(f'{results} and {ann}: {error}') from error
    return DiagnosedFile(diagnosis, raw, annotations)
