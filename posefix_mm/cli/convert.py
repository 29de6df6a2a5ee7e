"""Convert poses from one tool's format to another's.

What the written format has no place for, and poses that can't be read, are
counted. Formats: see docs/formats.md.
"""
import argparse
from functools import partial

from .output import OK, write_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix convert``."""
    parser.add_argument('poses', metavar='IN', help='file or folder to read')
    parser.add_argument('out', metavar='OUT', help='file or folder to write')
    parser.add_argument(
        '--from', dest='source_format', default='auto', metavar='FORMAT',
        help='one of the formats below (default: detected)')
    parser.add_argument(
        '--to', dest='target_format', required=True, metavar='FORMAT',
        help='one of the formats below that can be written')
    parser.add_argument(
        '--joint-map', metavar='NAME', help="names of the input's joints: a "
        'joint map of the package, such as halpe26, or a config (default: the '
        "names in the file, else COCO's)")
    parser.add_argument(
        '--to-joint-map', dest='skeleton', metavar='NAME',
        help='joints to write, by the name of a joint map (default: the '
        "input's, or those of the format)")
    parser.add_argument('--skeleton', help=argparse.SUPPRESS)  # former name
    parser.add_argument(
        '--ann', metavar='IMAGES.json',
        help='COCO file whose images link ids, names and sizes')
    parser.add_argument(
        '--img-dir', help='folder of the images, for their names and sizes')
    parser.format_help = partial(_format_help, parser)


def _format_help(parser: argparse.ArgumentParser) -> str:
    """Format the help with the formats, which are imported only for it."""
    from ..formats import FORMATS

    lines = ['formats:']
    for name, reader in FORMATS.items():
        written = '' if reader.create else ' (not written)'
        lines.append(f'  {name:<18}{reader.help}{written}')
    text = argparse.ArgumentParser.format_help(parser)
    return '\n'.join((text, *lines, ''))


def run(args: argparse.Namespace) -> int:
    """Run ``posefix convert``."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..apis.convert_poses import convert_poses
    from ..file_refinement.refine_summary import sum_up
    summary = convert_poses(
        args.poses, args.out, args.target_format,
        source_format=args.source_format, joint_map=args.joint_map,
        skeleton=args.skeleton, ann=args.ann, img_dir=args.img_dir)
    if args.quiet:
        return OK
    table = Table(title=escape(args.out))
    table.add_column('')
    table.add_column('poses', justify='right')
    table.add_row('read', str(summary.total))
    table.add_row('converted', str(summary.converted))
    for kind, counts in (('not converted', summary.unconverted),
                         ('no place for', summary.lost)):
        for name, count in sorted(counts.items()):
            table.add_row(escape(f'{kind}: {name}'), str(count))
    Console().print(table)
    for line in sum_up(summary.unconverted, summary.examples):
        write_line(f'not converted: {line}')
    return OK
