"""Evaluate poses of any format, before and after refinement.

Where results and annotations do not fit together (ids, categories, units,
areas, scores...), it says what is wrong, with how many, and what to do.
"""
import argparse

from .arguments import READING, add_options, reading_options
from .output import OK, write_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix evaluate``."""
    parser.add_argument('results', metavar='RESULTS',
                        help='poses, such as COCO results')
    add_options(parser, '--ann',
                help='COCO annotation file of the same images')
    add_options(parser, '--before', *READING)
    parser.add_argument(
        '--json', metavar='FILE',
        help='write statistics and explanations to this file as well')
    add_options(parser, '--skeleton')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix evaluate``."""
    from rich.console import Console

    from ..apis import evaluate_results
    from ..evaluation import comparison_table
    from ..fileio import write_json
    from ..progress import busy

    with busy('evaluating poses', enabled=not args.quiet):
        evaluation = evaluate_results(
            args.results, args.ann, before=args.before,
            skeleton=args.skeleton, **reading_options(args))
    if args.json is not None:
        write_json(args.json, evaluation.to_dict())
    if args.quiet:
        return OK
    Console().print(comparison_table(evaluation.before, evaluation.results))
    before, results = (
        [*map(str, explanations)] for explanations in (
            evaluation.before_explanations, evaluation.explanations))
    # once what is the same in both files
    both = [text for text in before if text in results]
    for name, texts in (('input and results', both), ('input', before),
                        ('results', results)):
        for text in texts:
            if texts is both or text not in both:
                write_line(f'{name}: {text}')
    return OK
