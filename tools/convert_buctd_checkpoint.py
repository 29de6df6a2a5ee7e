"""Turn a model of BUCTD's release into one for our configs."""

import argparse
import sys

from posefix_mm.cli.main import run_command


def run(args: argparse.Namespace) -> int:
    """Convert a checkpoint and say which network it holds."""
    from posefix_mm.release import convert_buctd_checkpoint

    network = convert_buctd_checkpoint(args.checkpoint, args.out)
    size = 'of any size' if network.input_size is None else \
        'of {1}x{0}'.format(*network.input_size)
    print(f'written to {args.out}: HRNet-W{network.width} with '
          f'{network.fusion} and {network.pose_maps}, '
          f'{network.num_keypoints} keypoints, inputs {size}; configs are in '
          'configs/body_2d_keypoint/buctd/')
    return 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="The shapes tell what the network is shown, and a CoAM's "
        'input size; a preNet may have been trained on the grey image '
        'instead, and takes any size.')
    parser.add_argument('checkpoint', help='the file of the release')
    parser.add_argument('out', help='file to write, such as buctd.pth')
    parser.set_defaults(run=run)
    sys.exit(run_command(parser.parse_args()))
