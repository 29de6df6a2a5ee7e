"""Evaluate poses and explain what keeps AP low."""
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..evaluation.annotation_format import TidyAnnotations, tidy_annotations
from ..evaluation.coco_table import are_comparable, evaluate_keypoints
from ..evaluation.explain_mismatch import Explanation, explain
from ..fileio import read_json
from ..formats.as_results import (
    check_other_file,
    is_results_file,
    read_as_results,
    read_flat_results,
)
from ..structures.skeletons import load_skeleton


class NothingEvaluatedError(ValueError):
    """Not a single pose could be compared with an annotated one."""


@dataclass
class Evaluation:
    """COCO statistics, and what keeps them low.

    Attributes:
        results (dict[str, float]): Statistics of the results in percent.
        before (dict[str, float] | None): The same of the poses before.
        explanations (list[Explanation]): What in results and annotations does
            not fit together; empty where everything does.
        before_explanations (list[Explanation]): The same of the poses before.
    """

    results: dict[str, float]
    before: dict[str, float] | None = None
    explanations: list[Explanation] = field(default_factory=list)
    before_explanations: list[Explanation] = field(default_factory=list)

    def change(self) -> dict[str, float] | None:
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


def evaluate_results(results: str | Path,
                     ann: str | Path,
                     *,
                     before: str | Path | None = None,
                     skeleton: str | None = None,
                     format: str = 'auto',
                     joint_map: str | Path | None = None) -> Evaluation:
    """Evaluate poses with pycocotools.

    Args:
        results (str | Path): Results file, a list of records with
            ``image_id``, ``category_id``, ``keypoints`` (x, y in image
            pixels and score of each) and ``score``; or poses of any format.
        ann (str | Path): COCO annotation file of the same images.
        before (str | Path, optional): Results to compare with, such as those
            that were refined.
        skeleton (str, optional): Metainfo config of mmpose, such as
            ``crowdpose``, or a file like these. Defaults to COCO's.
        format (str): Of the poses, one of
            :data:`posefix_mm.formats.FORMATS`. Defaults to ``'auto'``.
        joint_map (str | Path, optional): How their joints become those of the
            skeleton, as in :func:`posefix_mm.formats.open_pose_file`.

    Returns:
        Evaluation: Statistics, and an explanation of everything that does not
        fit together: a low AP is never unexplained.

    Raises:
        FileNotFoundError: If a file does not exist.
        NothingEvaluatedError: If no pose can be compared; the message holds
            the explanations.
        ValueError: If a file is not what it should be; the message names it.
    """
    metainfo = load_skeleton(skeleton)
    for path in filter(None, (results, before)):
        check_other_file(path, ann)
    truth = _read_annotations(ann, metainfo['num_keypoints'])
    reading = dict(format=format, joint_map=joint_map)
    evaluation = Evaluation({})
    evaluation.results, evaluation.explanations = _evaluate(
        truth, results, metainfo, **reading)
    if before is not None:
        evaluation.before, evaluation.before_explanations = _evaluate(
            truth, before, metainfo, **reading)
    return evaluation


def _evaluate(truth: TidyAnnotations, path: str | Path, metainfo: dict,
              **reading: Any) -> tuple:
    """Statistics of a file, and what keeps them low."""
    results = compared = read_as_results(path, metainfo, truth.content,
                                         **reading)
    statistics = evaluate_keypoints(truth.content, results, metainfo['sigmas'])
    # what is written otherwise is explained, unless a map leads elsewhere
    if reading['joint_map'] is None and is_results_file(
            path, reading['format']):
        results = read_flat_results(path, metainfo['num_keypoints'])
    explanations = [
        *truth.explanations, *explain(truth.content, results, metainfo)
    ]
    if statistics['AP'] < 0 or not are_comparable(truth.content, compared,
                                                  metainfo['num_keypoints']):
        raise NothingEvaluatedError(
            f'none of the {len(compared)} poses of {path} can be compared '
            'with the annotations:' + ''.join(
                f'\n  {text}' for text in explanations))
    return statistics, explanations


def _read_annotations(path: str | Path,
                      num_keypoints: int) -> TidyAnnotations:
    """Read annotations that can be evaluated."""
    content = read_json(path)
    try:
        if not isinstance(content, dict):
            raise ValueError('it must be an object with images, annotations '
                             f'and categories, got a {type(content).__name__}')
        truth = tidy_annotations(content, num_keypoints)
        if not truth.poses:
            raise ValueError(truth.first_error or 'no annotation has '
                             'keypoints; annotations of keypoints are needed, '
                             'not those of boxes')
    except ValueError as error:
        raise ValueError(f'{path} can not be evaluated against: {error} (the '
                         f'skeleton has {num_keypoints} keypoints; name '
                         'another one with --skeleton)') from error
    return truth
