"""Turn a model of PoseFix's TensorFlow release into one for our configs."""

import argparse
import os
import warnings


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='The file does not tell the size of the input; take the '
        'config of the size in the name of what you downloaded.')
    parser.add_argument(
        'prefix',
        help='the checkpoint, such as snapshot_140.ckpt, of which there are '
        'files snapshot_140.ckpt.index and snapshot_140.ckpt.data-...')
    parser.add_argument('out', help='file to write, such as posefix.pth')
    return parser.parse_args()


def main() -> None:
    """Convert a checkpoint and say which configs it fits."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
    from posefix_mm.release import convert_checkpoint

    try:
        network = convert_checkpoint(args.prefix, args.out)
    except (ImportError, OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'written to {args.out}: ResNet-{network.depth}, '
          f'{network.num_keypoints} keypoints, for the configs '
          'configs/body_2d_keypoint/posefix/{coco,mpii,posetrack18}/'
          f'posefix_res{network.depth}_4xb32-*')


if __name__ == '__main__':
    main()
