"""Diagnose the errors of the poses in a file of any format.

Every annotated joint of every pose is classified as good, jitter, inversion
(left and right exchanged), swap (another person's) or miss, and what each
type costs in AP is measured. With --before, what a refinement changed.
"""
import argparse

from .arguments import READING, add_options, reading_options
from .output import OK, write_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix diagnose``."""
    parser.add_argument(
        'results', help='file or folder of poses, such as COCO results')
    add_options(parser, '--ann', help='COCO annotation file of the images')
    add_options(parser, '--before')
    parser.add_argument('--against', dest='before',  # the former name
                        help=argparse.SUPPRESS)
    add_options(parser, *READING)
    parser.add_argument('--json', metavar='FILE',
                        help='write all numbers to this file')
    add_options(parser, '--skeleton')
    parser.add_argument(
        '--rules', choices=('ronchi', 'posefix'), default='ronchi',
        help='whose joint a joint may be mistaken for: of all persons of the '
        "image, each by its own area, as in Ronchi & Perona's coco-analyze, "
        'or of those whose boxes overlap, as training errors are made '
        '(ronchi)')
    add_options(parser, '--oks-thr')
    parser.add_argument('--no-ap', action='store_true',
                        help='leave out what each error costs in AP: faster')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix diagnose``."""
    from rich.console import Console

    from ..diagnosis import (
        change_table,
        diagnose_files,
        diagnosis_tables,
        error_costs,
        load_skeleton,
        summarize,
        summarize_changes,
    )
    from ..fileio import write_json
    from ..progress import busy

    metainfo = load_skeleton(args.skeleton)
    summaries, diagnoses = [], []
    with busy('diagnosing poses', enabled=not args.quiet):
        for path in filter(None, (args.results, args.before)):
            diagnosed = diagnose_files(
                path, args.ann, metainfo, rules=args.rules,
                oks_thr=args.oks_thr, **reading_options(args))
            costs = [] if args.no_ap else [
                error_costs(*diagnosed, metainfo['sigmas'], repair=repair)
                for repair in ('replace', 'move')]
            diagnoses.append(diagnosed.diagnosis)
            summaries.append(summarize(diagnosed.diagnosis, *costs))
    content = summaries[0]
    if args.before:
        content['before'] = summaries[1]
        content['changes'] = summarize_changes(*diagnoses[::-1])
    if args.json:
        write_json(args.json, content)
    if not args.quiet:
        console = Console()
        for table in diagnosis_tables(content, content.get('before')):
            console.print(table)
        if 'changes' in content:
            console.print(change_table(content['changes']))
        write_line(
            f'{content["matched"]} poses belong to a person; '
            f'{content["unmatched_records"]} do not, '
            f'{content["skipped_records"]} records are no poses, '
            f'{content["unmatched_annotations"]} persons have no pose')
    return OK
