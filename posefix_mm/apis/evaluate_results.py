"""Evaluate results files and explain what does not meet."""
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

import orjson

from ..analysis import load_skeleton
from ..evaluation.coco_table import can_evaluate, evaluate_keypoints
from ..evaluation.explain_mismatch import Explanation, explain
from ..fileio import read_json
from ..formats.json_elements import ByteFile, iter_elements


@dataclass
class Evaluation:
    """COCO statistics, and what keeps them low.

    Attributes:
        results (Dict[str, float]): Statistics of the results in percent.
        before (Dict[str, float] | None): The same of the poses before.
        explanations (List[Explanation]): What in results and annotations does
            not meet; empty where everything does.
        before_explanations (List[Explanation]): The same of the poses before.
    """

    results: Dict[str, float]
    before: Optional[Dict[str, float]] = None
    explanations: List[Explanation] = field(default_factory=list)
    before_explanations: List[Explanation] = field(default_factory=list)

    def change(self) -> Optional[Dict[str, float]]:
        """Statistics of the results minus those before."""
        if self.before is None:
            return None
        return {
            name: value - self.before[name]
            for name, value in self.results.items()
        }

    def to_dict(self) -> dict:
        """Everything as what JSON knows."""
        return dict(asdict(self), change=self.change())


def evaluate_results(results: Union[str, Path],
                     ann: Union[str, Path],
                     *,
                     before: Union[str, Path, None] = None,
                     skeleton: Optional[str] = None) -> Evaluation:
    """Evaluate a COCO keypoint results file with pycocotools.

    Args:
        results (str | Path): Results file: a list of records with
            ``image_id``, ``category_id``, ``keypoints`` (x, y in image
            pixels and score of each) and ``score``.
        ann (str | Path): COCO annotation file of the same images.
        before (str | Path, optional): Results to compare with, such as those
            that were refined.
        skeleton (str, optional): Metainfo config of mmpose, such as
            ``crowdpose``, or a file like these. Defaults to COCO's.

    Returns:
        Evaluation: Statistics, and an explanation of everything that does
        not meet: a low AP is never unexplained.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file is not what it should be; the message names it.
    """
    metainfo = load_skeleton(skeleton)
    annotations = _read_annotations(ann, metainfo['num_keypoints'])
    evaluation = Evaluation({})
    evaluation.results, evaluation.explanations = _evaluate(
        annotations, read_results(results), metainfo)
    if before is not None:
        evaluation.before, evaluation.before_explanations = _evaluate(
            annotations, read_results(before), metainfo)
    return evaluation


def read_results(path: Union[str, Path]) -> List[Any]:
    """Read a results file.

    Args:
        path (str | Path): JSON file: a list. NaN and Infinity, which are no
            JSON but written by many tools, are read as such.

    Returns:
        List[Any]: Its elements, whatever they are.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is no list; the message names file and place.
    """
    elements = iter_elements(ByteFile(Path(path)))
    return [_decode(raw) for _, _, raw in elements]


def _decode(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):  # is counted as a malformed record
        return None


def _evaluate(annotations: dict, results: List[Any], metainfo: dict) -> tuple:
    return (evaluate_keypoints(annotations, results, metainfo['sigmas']),
            explain(annotations, results, metainfo))


def _read_annotations(path: Union[str, Path], num_keypoints: int) -> dict:
    """Read annotations that can be evaluated."""
    content = read_json(path)
    try:
        if not isinstance(content, dict):
            raise ValueError('it must be an object with images, annotations '
                             f'and categories, got a {type(content).__name__}')
        if not can_evaluate(content, num_keypoints):
            raise ValueError('no annotation has keypoints; annotations of '
                             'keypoints are needed, not those of boxes')
    except ValueError as error:
        raise ValueError(f'{path} can not be evaluated against: {error} (the '
                         f'skeleton has {num_keypoints} keypoints; name '
                         'another one with --skeleton)') from error
    return content
