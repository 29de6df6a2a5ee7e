"""Turn a model of PoseFix's TensorFlow release into one for our configs."""

import argparse
import os
import sys

from posefix_mm.cli.main import run_command


def run(args: argparse.Namespace) -> int:
    """Convert a checkpoint and say which configs it fits."""
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
    from posefix_mm.release import convert_checkpoint

    network = convert_checkpoint(args.prefix, args.out)
    print(f'written to {args.out}: ResNet-{network.depth}, '
          f'{network.num_keypoints} keypoints, for the configs '
          'configs/body_2d_keypoint/posefix/{coco,mpii,posetrack18}/'
          f'posefix_res{network.depth}_4xb32-*')
    return 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='The file does not tell the size of the input; take the '
        'config of the size in the name of what you downloaded.')
    parser.add_argument(
        'prefix',
        help='the checkpoint, such as snapshot_140.ckpt, of which there are '
        'files snapshot_140.ckpt.index and snapshot_140.ckpt.data-...')
    parser.add_argument('out', help='file to write, such as posefix.pth')
    parser.set_defaults(run=run)
    sys.exit(run_command(parser.parse_args()))
