"""Turn a model of BUCTD's release into one for our configs."""

import argparse
import warnings


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='What the network is shown, and a CoAM\'s size of the input, '
        'are told by the shapes; a preNet may have been trained on the grey '
        'image instead, and takes any size.')
    parser.add_argument('checkpoint', help='the file of the release')
    parser.add_argument('out', help='file to write, such as buctd.pth')
    return parser.parse_args()


def main() -> None:
    """Convert a checkpoint and say which network it holds."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    from posefix_mm.release import convert_buctd_checkpoint

    try:
        network = convert_buctd_checkpoint(args.checkpoint, args.out)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    size = 'of any size' if network.input_size is None else \
        'of {1}x{0}'.format(*network.input_size)
    print(f'written to {args.out}: HRNet-W{network.width} with '
          f'{network.fusion} and {network.pose_maps}, '
          f'{network.num_keypoints} keypoints, inputs {size}; configs are in '
          'configs/body_2d_keypoint/buctd/')


if __name__ == '__main__':
    main()
