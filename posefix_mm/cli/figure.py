"""Draw one of the paper's figures from your own data.

The suffix of the output says what is written: PNG, SVG or PDF.
"""
import argparse

from .exit_codes import OK
from .output import say
from .refiner_arguments import (
    ConfigOptions,
    add_compared_files,
    add_img_dir,
    add_reading,
    add_refiner_files,
    add_skeleton,
    reading_options,
)

HELP = "draw one of the paper's figures from your own data"

_COMPARISONS = {
    'oks': 'OKS before against after, person by person (figure 7)',
    'status': 'how often each error occurs, before and after (figure 8)',
    'joints': 'what every joint gained, on a drawing of the skeleton',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix figure``."""
    kinds = parser.add_subparsers(dest='kind', metavar='KIND', required=True)
    _add_errors(kinds)
    _add_inputs(kinds)
    _add_network(kinds)
    for kind, text in _COMPARISONS.items():
        one = kinds.add_parser(kind, help=text, description=text)
        add_compared_files(one)
        one.add_argument(
            '--ann', required=True, metavar='GT.json', help='COCO annotations')
        add_skeleton(one)
    for one in kinds.choices.values():
        one.add_argument(
            '--out', required=True, metavar='FILE', help='.png, .svg or .pdf')
        # also after KIND, where people will write it
        one.add_argument(
            '--quiet',
            action='store_true',
            default=argparse.SUPPRESS,
            help='show errors only')


def _add_errors(kinds: argparse._SubParsersAction) -> None:
    text = 'what each synthesized error looks like on a photo (figure 3)'
    one = kinds.add_parser('errors', help=text, description=text)
    one.add_argument(
        '--ann', required=True, metavar='GT.json', help='COCO annotations')
    add_img_dir(one)
    one.add_argument(
        '--person', type=int, metavar='ID', help='annotation id of a person')
    one.add_argument(
        '--draws',
        type=int,
        default=40,
        help='positions of each joint (default: %(default)s)')
    one.add_argument('--seed', type=int, default=0)
    add_skeleton(one)


def _add_inputs(kinds: argparse._SubParsersAction) -> None:
    text = 'input poses as they are drawn for training (figure 4)'
    one = kinds.add_parser('inputs', help=text, description=text)
    one.add_argument('config', help="a refiner's config")
    one.add_argument(
        '--samples',
        type=int,
        default=12,
        help='people to show (default: %(default)s)')
    one.add_argument('--seed', type=int, default=0)
    one.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help='changes of the config, as in tools/train.py')


def _add_network(kinds: argparse._SubParsersAction) -> None:
    text = 'feature maps and heatmaps through the network (figure 5)'
    one = kinds.add_parser('network', help=text, description=text)
    one.add_argument(
        '--poses', required=True, metavar='POSES', help='file or folder')
    add_reading(one)
    add_img_dir(one)
    add_refiner_files(one)
    one.add_argument(
        '--ann', metavar='GT.json', help='COCO file with the images')
    one.add_argument(
        '--record',
        type=int,
        default=0,
        metavar='N',
        help='which record of the poses (default: %(default)s)')
    one.add_argument('--device', default='cpu')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix figure``."""
    from ..apis import draw_figures
    from ..visualization.figures import check_figure_path, save_figure
    out = check_figure_path(args.out)
    if args.kind == 'errors':
        figure = draw_figures.errors_figure(
            args.ann,
            args.img_dir,
            annotation_id=args.person,
            skeleton=args.skeleton,
            draws=args.draws,
            seed=args.seed)
    elif args.kind == 'inputs':
        figure = draw_figures.inputs_figure(
            args.config,
            samples=args.samples,
            seed=args.seed,
            cfg_options=args.cfg_options)
    elif args.kind == 'network':
        figure = draw_figures.network_figure(
            args.poses,
            args.img_dir,
            config=args.config,
            checkpoint=args.checkpoint,
            ann=args.ann,
            record=args.record,
            device=args.device,
            **reading_options(args))
    else:
        figure = draw_figures.comparison_figure(
            args.kind,
            args.before,
            args.after,
            args.ann,
            skeleton=args.skeleton,
            **reading_options(args))
    save_figure(figure, out)
    if not args.quiet:
        say(f'figure: {out}')
    return OK
