"""Run an exported refiner with nothing but onnxruntime and numpy."""
import argparse

import numpy as np
import onnxruntime


def refine(model: str, crops: str, out: str) -> None:
    """Read crops and input poses, write refined ``keypoints``."""
    session = onnxruntime.InferenceSession(
        model, providers=['CPUExecutionProvider'])
    types = dict(
        images='uint8', input_pose='float32', input_pose_visible='float32')
    with np.load(crops, allow_pickle=False) as arrays:
        inputs = {name: arrays[name].astype(types[name]) for name in types}
    names = [output.name for output in session.get_outputs()]
    np.savez(out, **dict(zip(names, session.run(names, inputs), strict=True)))


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', help='what `posefix export` wrote')
    parser.add_argument('crops', help='.npz: images, BGR (N, h, w, 3), and in '
                        'their pixels input_pose (N, K, 2), and '
                        'input_pose_visible (N, K)')
    parser.add_argument('out', help='.npz: keypoints (N, K, 2) and scores')
    refine(**vars(parser.parse_args()))
