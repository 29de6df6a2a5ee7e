"""Arguments that several commands have."""
import argparse
from typing import Any, Dict


class ConfigOptions(argparse.Action):
    """``KEY=VALUE`` pairs, read as mmengine's tools read them."""

    def __call__(self, *args: Any) -> None:
        """Import mmengine, which is slow, only where the option is given."""
        from mmengine.config import DictAction
        DictAction(self.option_strings, self.dest)(*args)


def add_refiner_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what chooses a refiner and how it runs."""
    add_refiner_files(parser)
    add_network_arguments(parser)


def add_refiner_files(parser: argparse.ArgumentParser) -> None:
    """Add config and weights of a refiner."""
    parser.add_argument(
        '--config',
        help='config file of a refiner, or the name of one of this package '
        '(default: the small refiner that comes with it)')
    parser.add_argument(
        '--checkpoint',
        help='its weights (default: those beside the config)')


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how the network runs."""
    parser.add_argument(
        '--device', default='cpu', help='such as cuda:0 (default: cpu)')
    parser.add_argument(
        '--backend',
        default='torch',
        help='what runs the network: torch, compile, onnxruntime or openvino '
        '(default: torch)')
    parser.add_argument(
        '--precision',
        default='fp32',
        choices=('fp32', 'bf16', 'fp16'),
        help='default: fp32')
    add_flip_test(parser)
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help='changes of the config')


def add_flip_test(parser: argparse.ArgumentParser) -> None:
    """Add whether the mirrored image takes part."""
    parser.add_argument(
        '--no-flip-test',
        action='store_true',
        help='do not average with the mirrored image: twice as fast')


def add_skeleton(parser: argparse.ArgumentParser) -> None:
    """Add whose joints the poses have."""
    parser.add_argument(
        '--skeleton',
        metavar='NAME',
        help='metainfo config of mmpose, such as ap10k, or a file like '
        'these (default: coco)')


def add_compared_files(parser: argparse.ArgumentParser) -> None:
    """Add the files of poses before and after refinement."""
    parser.add_argument(
        'before', metavar='BEFORE', help='poses before refinement')
    parser.add_argument('after', metavar='AFTER', help='the same, refined')
    add_reading(parser)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add how poses of other formats are read."""
    parser.add_argument(
        '--format',
        default='auto',
        help='format of the poses; see `posefix convert --help` (default: '
        'told by the file)')
    parser.add_argument(
        '--joint-map',
        help='how the joints of the file become those of the skeleton: a name '
        'such as halpe26, or a config (default: joints of the same name, or '
        'the same skeleton)')


def reading_options(args: argparse.Namespace) -> Dict[str, Any]:
    """Arguments of :func:`add_reading`."""
    return dict(format=args.format, joint_map=args.joint_map)


def add_img_dir(parser: argparse.ArgumentParser) -> None:
    """Add where images are."""
    parser.add_argument(
        '--img-dir', required=True, metavar='DIR', help='folder of the images')


def add_oks_thr(parser: argparse.ArgumentParser) -> None:
    """Add from which OKS on a pose belongs to a person."""
    parser.add_argument(
        '--oks-thr',
        type=float,
        default=.1,
        metavar='OKS',
        help='poses with a lower OKS belong to nobody (0.1)')


def network_options(args: argparse.Namespace) -> Dict[str, Any]:
    """Arguments of :class:`PosePredictor`, all but config and checkpoint."""
    return dict(
        device=args.device,
        backend=args.backend,
        precision=args.precision,
        flip_test=not args.no_flip_test,
        cfg_options=args.cfg_options)
