"""Arguments that several commands have."""
import argparse
from typing import Any


class ConfigOptions(argparse.Action):
    """``KEY=VALUE`` pairs, read as mmengine's tools read them."""

    def __call__(self, *args: Any) -> None:
        """Import mmengine, which is slow, only where the option is given."""
        from mmengine.config import DictAction
        DictAction(self.option_strings, self.dest)(*args)


def add_reading(parser: argparse._ActionsContainer) -> None:
    """Add how poses of other formats are read."""
    parser.add_argument(
        '--format', dest='pose_format', default='auto',
        help='format of the poses; see `posefix convert --help` (default: '
        'detected)')
    parser.add_argument(
        '--joint-map', help='how the joints of the file become those of the '
        'refiner: a name such as halpe26, or a config (default: joints of the '
        'same name, or the same skeleton)')


def reading_options(args: argparse.Namespace) -> dict[str, Any]:
    """Arguments of :func:`add_reading`."""
    return dict(format=args.pose_format, joint_map=args.joint_map)


def add_pose_file_arguments(parser: argparse._ActionsContainer) -> None:
    """Add how a file of poses is read, and which of them."""
    add_reading(parser)
    parser.add_argument(
        '--categories', nargs='+', type=int, metavar='ID',
        help='categories to refine (default: those with the joints of the '
        "refiner, else the file's only one, else the refiner's)")


def add_refiner_files(parser: argparse.ArgumentParser) -> None:
    """Add config and weights of a refiner."""
    parser.add_argument(
        '--config', help='config file of a refiner, or the name of one of '
        'this package (default: the refiner that comes with it)')
    parser.add_argument(
        '--checkpoint', help='its weights (default: those beside the config)')


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how the network runs."""
    parser.add_argument('--device', default='cpu',
                        help='such as cuda:0 (default: cpu)')
    parser.add_argument(
        '--backend', default='torch', help='what runs the network: torch, '
        'compile, onnxruntime or openvino (default: torch)')
    parser.add_argument('--precision', default='fp32',
                        choices=('fp32', 'bf16', 'fp16'), help='default: fp32')
    add_flip_test(parser)
    add_cfg_options(parser)


def add_flip_test(parser: argparse.ArgumentParser) -> None:
    """Add whether the mirrored image takes part."""
    parser.add_argument(
        '--no-flip-test', dest='flip_test', action='store_false',
        help='do not average with the mirrored image: twice as fast')


def add_cfg_options(parser: argparse.ArgumentParser) -> None:
    """Add changes of the config."""
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions,
                        metavar='KEY=VALUE', help='changes of the config')


def add_ann(parser: argparse.ArgumentParser, help: str,
            required: bool = True) -> None:
    """Add a COCO annotation file."""
    parser.add_argument('--ann', required=required, metavar='GT.json',
                        help=f'COCO annotation file{help}')


def add_img_dir(parser: argparse.ArgumentParser) -> None:
    """Add where the images are."""
    parser.add_argument('--img-dir', required=True, metavar='DIR',
                        help='folder of the images')


def add_before(parser: argparse.ArgumentParser) -> None:
    """Add the poses before refinement."""
    parser.add_argument(
        '--before', metavar='BEFORE',
        help='the same poses before refinement, to compare with')


def add_compared_files(parser: argparse.ArgumentParser) -> None:
    """Add poses before and after refinement, both of which are needed."""
    parser.add_argument('results', metavar='AFTER', help='refined poses')
    add_before(parser)
    add_reading(parser)
    # the former spelling: BEFORE AFTER
    parser.add_argument('after', nargs='?', help=argparse.SUPPRESS)
    parser.set_defaults(usage_error=parser.error)


def compared_files(args: argparse.Namespace) -> tuple[str, str]:
    """Results before and after refinement, from `add_compared_files`."""
    if (args.before is None) == (args.after is None):
        args.usage_error('name the refined poses, and with --before those '
                         'before refinement')
    if args.after is not None:
        return args.results, args.after
    return args.before, args.results


def add_skeleton(parser: argparse.ArgumentParser) -> None:
    """Add whose joints the poses have."""
    parser.add_argument(
        '--skeleton', metavar='NAME', help='metainfo config of mmpose, such '
        'as ap10k or crowdpose, or a file like these (default: coco)')


def add_oks_thr(parser: argparse.ArgumentParser) -> None:
    """Add from which OKS on a pose belongs to a person."""
    parser.add_argument(
        '--oks-thr', type=float, default=.1, metavar='OKS',
        help='a pose with a lower OKS belongs to nobody (0.1)')


def network_options(args: argparse.Namespace) -> dict[str, Any]:
    """Arguments of :class:`PosePredictor`, all but config and checkpoint."""
    return {name: getattr(args, name) for name in (
        'device', 'backend', 'precision', 'flip_test', 'cfg_options')}
