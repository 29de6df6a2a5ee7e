"""Arguments that several commands have."""
import argparse
from typing import Any


class ConfigOptions(argparse.Action):
    """``KEY=VALUE`` pairs, read as mmengine's tools read them."""

    def __call__(self, *args: Any) -> None:
        """Import mmengine, which is slow, only where the option is given."""
        from mmengine.config import DictAction
        DictAction(self.option_strings, self.dest)(*args)


#: How poses of other formats are read, and which of them.
READING = ('--format', '--joint-map')
POSE_FILE = (*READING, '--categories')
#: Config and weights of a refiner, and how its network runs.
REFINER = ('--config', '--checkpoint')
NETWORK = ('--device', '--backend', '--precision', '--no-flip-test',
           '--cfg-options')
_OPTIONS: dict[str, dict[str, Any]] = {
    '--format': dict(
        dest='pose_format', default='auto', help='format of the poses; see '
        '`posefix convert --help` (default: detected)'),
    '--joint-map': dict(
        help='how the joints of the file become those of the refiner: a name '
        'such as halpe26, or a config (default: joints of the same name, or '
        'the same skeleton)'),
    '--categories': dict(
        nargs='+', type=int, metavar='ID', help='categories to refine '
        '(default: those with the joints of the refiner, else the file\'s '
        "only one, else the refiner's)"),
    '--config': dict(
        help='config file of a refiner, or the name of one of this package '
        '(default: the refiner that comes with it)'),
    '--checkpoint': dict(
        help='its weights (default: those beside the config)'),
    '--device': dict(default='cpu', help='such as cuda:0 (default: cpu)'),
    '--backend': dict(
        default='torch', help='what runs the network: torch, compile, '
        'onnxruntime or openvino (default: torch)'),
    '--precision': dict(
        default='fp32', choices=('fp32', 'bf16', 'fp16'),
        help='default: fp32'),
    '--no-flip-test': dict(
        dest='flip_test', action='store_false', help='do not average with '
        'the mirrored image: twice as fast'),
    '--cfg-options': dict(
        nargs='+', action=ConfigOptions, metavar='KEY=VALUE',
        help='changes of the config'),
    '--ann': dict(required=True, metavar='GT.json',
                  help='COCO annotation file'),
    '--img-dir': dict(required=True, metavar='DIR',
                      help='folder of the images'),
    '--before': dict(
        metavar='BEFORE',
        help='the same poses before refinement, to compare with'),
    '--skeleton': dict(
        metavar='NAME', help='metainfo config of mmpose, such as ap10k or '
        'crowdpose, or a file like these (default: coco)'),
    '--oks-thr': dict(
        type=float, default=.1, metavar='OKS',
        help='a pose with a lower OKS belongs to nobody (0.1)'),
}


def add_options(parser: argparse._ActionsContainer, *names: str,
                **changes: Any) -> None:
    """Add options by their names, with changes such as another ``help``."""
    for name in names:
        parser.add_argument(name, **{**_OPTIONS[name], **changes})


def reading_options(args: argparse.Namespace) -> dict[str, Any]:
    """Arguments of :data:`READING`."""
    return dict(format=args.pose_format, joint_map=args.joint_map)


def network_options(args: argparse.Namespace) -> dict[str, Any]:
    """Arguments of :class:`PosePredictor`, all but config and checkpoint."""
    return {name: getattr(args, name) for name in (
        'device', 'backend', 'precision', 'flip_test', 'cfg_options')}


def add_compared_files(parser: argparse.ArgumentParser) -> None:
    """Add poses before and after refinement, both of which are needed."""
    parser.add_argument('results', metavar='AFTER', help='refined poses')
    add_options(parser, '--before', *READING)
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
