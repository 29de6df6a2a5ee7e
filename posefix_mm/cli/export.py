"""Write a refiner as an ONNX model.

One graph from image crop and input pose to refined coordinates, flip test
included; see docs/export.md for its inputs and outputs.
"""
import argparse

from .arguments import REFINER, add_options
from .output import OK, write_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix export``."""
    add_options(parser, *REFINER)
    parser.add_argument('--out', required=True, help='such as model.onnx')
    add_options(parser, '--no-flip-test')
    parser.add_argument('--opset', type=int, default=18, metavar='N',
                        help="version of ONNX's operators (default: 18)")
    parser.add_argument(
        '--check', action='store_true', help='run the model in ONNX Runtime '
        'and fail if it differs from PyTorch by more than 0.001 px')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix export``."""
    from ..export import (
        TOLERANCE,
        export_refiner,
        largest_difference,
        needed_onnxruntime,
    )

    refiner = export_refiner(args.config, args.checkpoint, args.out,
                             flip_test=args.flip_test, opset=args.opset)
    if not args.quiet:
        write_line(
            f'written to {args.out}, for {needed_onnxruntime(args.opset)}')
    if args.check:
        difference = largest_difference(args.out, refiner)
        if not difference <= TOLERANCE:
            raise ValueError(f'{args.out} differs from PyTorch by '
                             f'{difference:.2g} px')
        if not args.quiet:
            write_line(f'differs from PyTorch by {difference:.2g} px at most')
    return OK
