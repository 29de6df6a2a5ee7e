"""Write a refiner as an ONNX model.

One graph from image crop and input pose to refined coordinates, flip test
included; see docs/export.md for its inputs and outputs.
"""
import argparse

from rich.console import Console

from .exit_codes import OK

HELP = 'write a refiner as an ONNX model'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser (argparse.ArgumentParser): Parser of the command.
    """
    parser.add_argument(
        '--config',
        help='config file of a refiner, or the name of one of this package '
        '(default: the small refiner that comes with it)')
    parser.add_argument(
        '--checkpoint',
        help='its weights (default: those beside the config)')
    parser.add_argument('--out', required=True, help='such as model.onnx')
    parser.add_argument(
        '--no-flip-test',
        action='store_true',
        help='do not average with the mirrored image: twice as fast')
    parser.add_argument(
        '--opset',
        type=int,
        default=18,
        metavar='N',
        help="version of ONNX's operators (default: 18)")
    parser.add_argument(
        '--check',
        action='store_true',
        help='run the model in ONNX Runtime and fail if it differs from '
        'PyTorch by more than 0.001 px')


def run(args: argparse.Namespace) -> int:
    """Export, and check if asked to.

    Args:
        args (argparse.Namespace): Parsed arguments.

    Returns:
        int: Exit code.
    """
    from ..export import TOLERANCE, export_refiner, largest_difference

    refiner = export_refiner(
        args.config,
        args.checkpoint,
        args.out,
        flip_test=not args.no_flip_test,
        opset=args.opset)
    console = Console(quiet=args.quiet)

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    say(f'written to {args.out}')
    if args.check:
        difference = largest_difference(args.out, refiner)
        if not difference <= TOLERANCE:
            raise ValueError(f'{args.out} differs from PyTorch by '
                             f'{difference:.2g} px')
        say(f'differs from PyTorch by {difference:.2g} px at most')
    return OK
