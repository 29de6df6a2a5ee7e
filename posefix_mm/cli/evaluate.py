"""Evaluate poses of any format, before and after refinement.

Where results and annotations do not fit together (ids, categories, units,
areas, scores...), it says what is wrong, with how many, and what to do.
"""
import argparse
from typing import TYPE_CHECKING, Iterator, Tuple

from .exit_codes import OK
from .output import say
from .refiner_arguments import add_reading, add_skeleton, reading_options

if TYPE_CHECKING:
    from ..apis.evaluate_results import Evaluation

HELP = 'show AP, before and after, and explain why it is low'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix evaluate``."""
    parser.add_argument(
        'results', metavar='RESULTS', help='poses, such as COCO results')
    parser.add_argument(
        '--ann',
        required=True,
        metavar='GT.json',
        help='COCO annotation file of the same images')
    parser.add_argument(
        '--before',
        metavar='INPUT',
        help='poses to compare with, such as those that were refined')
    add_reading(parser)
    parser.add_argument(
        '--json',
        metavar='FILE',
        help='write statistics and explanations to this file as well')
    add_skeleton(parser)


def run(args: argparse.Namespace) -> int:
    """Run ``posefix evaluate``."""
    from rich.console import Console

    from ..apis.evaluate_results import evaluate_results
    from ..evaluation import comparison_table
    from ..fileio import write_json

    evaluation = evaluate_results(
        args.results,
        args.ann,
        before=args.before,
        skeleton=args.skeleton,
        **reading_options(args))
    if args.json is not None:
        write_json(args.json, evaluation.to_dict())
    if args.quiet:
        return OK
    Console().print(comparison_table(evaluation.before, evaluation.results))
    for name, text in _notes(evaluation):
        say(f'{name}: {text}')
    return OK


def _notes(evaluation: 'Evaluation') -> Iterator[Tuple[str, str]]:
    """What is wrong, once if it is the same in both files."""
    both = [
        text for text in map(str, evaluation.before_explanations)
        if text in map(str, evaluation.explanations)
    ]
    for text in both:
        yield 'input and results', text
    for name, explanations in (('input', evaluation.before_explanations),
                               ('results', evaluation.explanations)):
        for text in map(str, explanations):
            if text not in both:
                yield name, text
