"""Find people, estimate their poses and refine them.

A detector of mmdet, an estimator of mmpose and the refiner work on images, a
folder, a video or a camera. Boxes or poses that are there already can be
given instead.
"""
import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .arguments import (
    NETWORK,
    POSE_FILE,
    REFINER,
    add_options,
    network_options,
)
from .output import NOT_ALL_REFINED, OK, write_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix predict``."""
    parser.add_argument(
        'input', help="image, folder, pattern ('images/*.jpg'), video, or "
        'number of a camera')
    group = parser.add_argument_group(
        'poses', 'Models are config files, package::path, or names of the '
        "packages' model indices, whose weights are then fetched.")
    group.add_argument('--pose2d', help='estimator of mmpose')
    group.add_argument('--pose2d-weights', help='its checkpoint')
    group.add_argument(
        '--det', help="detector of mmdet, or whole_image (default: mmpose's "
        'choice for the estimator)')
    group.add_argument('--det-weights', help='its checkpoint')
    group.add_argument(
        '--det-cat-ids', nargs='+', type=int, metavar='ID',
        help='categories of the detector that are people (default: 0)')
    group.add_argument('--bbox-thr', type=float, default=.3,
                       help='least score of boxes (0.3)')
    group.add_argument('--nms-thr', type=float, default=.3,
                       help='boxes of a greater IoU are duplicates (0.3)')
    group.add_argument(
        '--boxes', metavar='FILE', help='COCO detections in place of a '
        'detector: records with image_id (file name, or the number in it; '
        'frame of a video), bbox and score')
    group.add_argument(
        '--poses', metavar='FILE', help='poses in place of detector and '
        'estimator: COCO keypoint results, or any other format')
    add_options(group, *POSE_FILE)
    group = parser.add_argument_group('output')
    group.add_argument('--out', help='COCO results file of all images')
    group.add_argument(
        '--ann', help='COCO file whose image ids --boxes, --poses and --out '
        'use, and in whose pixels they are, where pictures are larger or '
        'smaller')
    group.add_argument(
        '--pred-dir',
        help="folder for JSON files as mmpose's inferencers write them")
    group.add_argument(
        '--vis-dir', help='folder for pictures, or for the video')
    group.add_argument(
        '--blend', action='store_true', help='draw the input faintly under '
        'the refined poses, not beside them')
    group.add_argument('--kpt-thr', type=float, default=.3,
                       help='least score of keypoints that are drawn (0.3)')
    add_options(parser, *REFINER, *NETWORK)
    parser.add_argument('--batch-size', type=int, default=32,
                        help='people at once, and images in memory (32)')
    parser.add_argument('--num-workers', type=int, default=2,
                        help='threads that decode and crop (2)')
    parser.add_argument(
        '--strict', action='store_true',
        help='exit with 3 if an image or a pose cannot be used')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix predict``.

    Raises:
        ValueError: If nothing would be written.
    """
    if not (args.out or args.pred_dir or args.vis_dir):
        raise ValueError('nothing would be written: name --out, --pred-dir or '
                         '--vis-dir')
    import cv2
    cv2.setNumThreads(0)  # images are decoded in threads of our own
    with _log_on_stderr(args.quiet):
        return _predict(args)


def _predict(args: argparse.Namespace) -> int:
    """Run the chain on all images and report what became of them."""
    from ..apis.inferencers import PoseRefineInferencer
    inferencer = PoseRefineInferencer(
        args.config, args.checkpoint, pose2d=args.pose2d,
        pose2d_weights=args.pose2d_weights, det_model=args.det,
        det_weights=args.det_weights, det_cat_ids=args.det_cat_ids,
        show_progress=not args.quiet, num_workers=args.num_workers,
        **network_options(args))
    results = inferencer(
        read_input(args.input), batch_size=args.batch_size, poses=args.poses,
        bboxes=args.boxes, bbox_thr=args.bbox_thr, nms_thr=args.nms_thr,
        vis_out_dir=args.vis_dir or '',
        draw_style='blend' if args.blend else 'side_by_side',
        kpt_thr=args.kpt_thr, pred_out_dir=args.pred_dir or '',
        coco_out=args.out or '', ann=args.ann, pose_format=args.pose_format,
        joint_map=args.joint_map, categories=args.categories)
    images = people = skipped = 0
    for result in results:
        images += 1
        people += sum(p['refined'] for p in result['predictions'][0])
        skipped += result['problem'] is not None
    if not args.quiet:
        write_line(f'{images} images, {people} poses refined, {skipped} '
                   'images skipped')
        for written in filter(None, (args.out, args.pred_dir, args.vis_dir)):
            write_line(f'written to {written}')
    if args.strict and inferencer.problems:
        return NOT_ALL_REFINED
    return OK


def read_input(text: str) -> str | int:
    """Read the number of a camera, unless a file has that name."""
    return int(text) if text.isdigit() and not Path(text).exists() else text


@contextmanager
def _log_on_stderr(quiet: bool) -> Iterator[None]:
    """Send mmengine's log to standard error, without warnings if quiet."""
    from mmengine.logging import MMLogger
    logger = MMLogger.get_current_instance()
    level = logger.level
    if quiet:
        logger.setLevel(logging.ERROR)
    streams = [(handler, handler.setStream(sys.stderr))
               for handler in logger.handlers
               if type(handler) is logging.StreamHandler]
    try:
        yield
    finally:
        logger.setLevel(level)
        for handler, stream in streams:
            if stream is not None:
                handler.setStream(stream)
