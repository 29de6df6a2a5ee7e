"""Draw one of the paper's figures from your own data.

The suffix of the output says what is written: PNG, SVG or PDF.
"""
import argparse
from typing import TYPE_CHECKING

from .arguments import (
    READING,
    REFINER,
    add_compared_files,
    add_options,
    compared_files,
    reading_options,
)
from .output import OK, write_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_KINDS = {
    'errors': 'what each synthesized error looks like on a photo (figure 3)',
    'inputs': 'input poses as they are drawn for training (figure 4)',
    'network': 'feature maps and heatmaps through the network (figure 5)',
    'oks': 'OKS before against after, person by person (figure 7)',
    'status': 'how often each error occurs, before and after (figure 8)',
    'joints': 'what every joint gained, on a drawing of the skeleton',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix figure``."""
    subparsers = parser.add_subparsers(
        dest='kind', metavar='KIND', required=True)
    kinds = {kind: subparsers.add_parser(kind, help=text, description=text)
             for kind, text in _KINDS.items()}
    errors, inputs, network = (
        kinds[name] for name in ('errors', 'inputs', 'network'))
    add_options(errors, '--ann', '--img-dir')
    errors.add_argument('--person', type=int, metavar='ID',
                        help='annotation id of a person')
    errors.add_argument('--draws', type=int, default=40,
                        help='positions of each joint (default: %(default)s)')
    errors.add_argument('--seed', type=int, default=0)
    add_options(errors, '--skeleton')
    inputs.add_argument('config', help="a refiner's config")
    inputs.add_argument('--samples', type=int, default=12,
                        help='people to show (default: %(default)s)')
    inputs.add_argument('--seed', type=int, default=0)
    add_options(inputs, '--cfg-options')
    network.add_argument('--poses', required=True, metavar='POSES',
                         help='file or folder')
    add_options(network, *READING, '--img-dir', *REFINER)
    add_options(network, '--ann', required=False,
                help='COCO annotation file with the images')
    network.add_argument(
        '--record', type=int, default=0, metavar='N',
        help='which record of the poses (default: %(default)s)')
    network.add_argument('--device', default='cpu')
    for name in ('oks', 'status', 'joints'):
        add_compared_files(kinds[name])
        add_options(kinds[name], '--ann', '--skeleton')
    for kind in kinds.values():
        kind.add_argument('--out', required=True, metavar='FILE',
                          help='.png, .svg or .pdf')
        # also after KIND, where people will write it
        kind.add_argument('--quiet', action='store_true',
                          default=argparse.SUPPRESS, help='show errors only')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix figure``."""
    from ..progress import busy
    from ..visualization.figures import check_figure_path, save_figure
    out = check_figure_path(args.out)
    with busy('drawing the figure', enabled=not args.quiet):
        save_figure(_draw(args), out)
    if not args.quiet:
        write_line(f'figure: {out}')
    return OK


def _draw(args: argparse.Namespace) -> 'Figure':
    from ..apis import draw_figures
    if args.kind == 'errors':
        return draw_figures.errors_figure(
            args.ann, args.img_dir, annotation_id=args.person,
            skeleton=args.skeleton, draws=args.draws, seed=args.seed)
    if args.kind == 'inputs':
        return draw_figures.inputs_figure(
            args.config, samples=args.samples, seed=args.seed,
            cfg_options=args.cfg_options)
    if args.kind == 'network':
        return draw_figures.network_figure(
            args.poses, args.img_dir, config=args.config,
            checkpoint=args.checkpoint, ann=args.ann, record=args.record,
            device=args.device, **reading_options(args))
    return draw_figures.comparison_figure(
        args.kind, *compared_files(args), args.ann, skeleton=args.skeleton,
        **reading_options(args))
