"""What an inferencer writes: predictions, pictures and videos, as they come.

Memory does not grow with them.
"""
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import split_instances

from ...fileio import atomic_write, disk_errors, dump_json, write_json
from ...images.image_finder import ImageList, file_number
from ...images.input_frames import Frame, InputFrames
from ...visualization.draw import UniqueNames

# As mmpose's CocoMetric: surer keypoints make the score of a person.
_KEYPOINT_SCORE_THR = 0.2
ImageId = Callable[[Frame], int | str]


def open_outputs(stack: ExitStack,
                  source: InputFrames,
                  vis_out_dir: str = '',
                  *,
                  pred_out_dir: str = '',
                  coco_out: str = '',
                  listed: ImageList | None = None) -> dict[str, Callable]:
    """Open the folders and files that are named; ``stack`` closes them.

    After an error those that hold several images do not appear.
    ``pred_out_dir`` gets JSON files as mmpose writes them, ``coco_out``
    becomes a COCO results file with the ids of :func:`choose_image_ids`.

    Returns:
        dict[str, Callable]: What writes the result of a frame:
        ``'predictions'`` takes the frame and descriptions of people,
        ``'visualization'`` the frame and a picture, ``'coco'`` the frame and
        its ``pred_instances``.

    Raises:
        OSError: If a file can't be written.
        ValueError: If one would overwrite the input.
    """
    writers: dict[str, Callable] = {}
    if pred_out_dir:
        writers['predictions'] = stack.enter_context(
            prediction_files(pred_out_dir, source))
    if vis_out_dir:
        writers['visualization'] = stack.enter_context(
            visualization_files(vis_out_dir, source))
    if coco_out:
        image_id = choose_image_ids(source, listed)
        append = stack.enter_context(json_list(coco_out))

        def write(frame: Frame, instances: InstanceData | None) -> None:
            for record in coco_records(instances, image_id(frame),
                                       frame.scale or 1.):
                append(record)

        writers['coco'] = write
    return writers


@contextmanager
def json_list(path: str | Path) -> Iterator[Callable[[Any], None]]:
    """Write a JSON list as a whole or not at all, by what is yielded."""
    with atomic_write(path) as file:
        separator = b'['

        def append(item: Any) -> None:
            nonlocal separator
            file.write(separator + dump_json(item))
            separator = b',\n'

        yield append
        file.write(b'[]' if separator == b'[' else b']')


def describe_instances(instances: InstanceData | None) -> list[dict]:
    """Describe the people of an image as mmpose's inferencers do.

    Returns:
        list[dict]: ``keypoints``, ``keypoint_scores``, ``bbox`` and
        ``bbox_score``; besides these ``input_keypoints``, the pose before
        refinement, and ``refined``, false where it was left as it was.
    """
    people = split_instances(instances)
    for i, person in enumerate(people):
        person['bbox_score'] = float(person['bbox_score'])
        person['input_keypoints'] = instances.input_keypoints[i].tolist()
        person['refined'] = bool(instances.refined[i])
    return people


def coco_records(instances: InstanceData | None,
                 image_id: int | str,
                 scale: float = 1.) -> list[dict]:
    """Turn the people of an image into records of a COCO results file.

    In the pixels of annotations, than which the image is larger by ``scale``.
    ``score`` is the box's times the mean of the keypoints' scores above 0.2,
    as for mmpose's top-down estimators.
    """
    if instances is None:
        return []
    points = np.concatenate(
        (instances.keypoints / np.float32(scale),
         instances.keypoint_scores[..., None]), -1)
    scores = instances.keypoint_scores
    sure = scores > _KEYPOINT_SCORE_THR
    means = (scores * sure).sum(1) / np.maximum(sure.sum(1), 1)
    boxes = instances.bboxes / np.float32(scale)
    boxes[:, 2:] -= boxes[:, :2]
    return [
        dict(
            image_id=image_id,
            category_id=1,
            keypoints=pose.ravel().tolist(),
            bbox=box.tolist(),
            score=float(score))
        for pose, box, score in zip(
            points, boxes, instances.bbox_scores * means, strict=True)
    ]


@contextmanager
def prediction_files(folder: str | Path,
                     inputs: InputFrames) -> Iterator[Callable]:
    """Write one JSON file for each image, or one for a video, in a folder.

    The file of a video appears at its end, and not after an error. What is
    yielded takes a frame and :func:`describe_instances` of it.
    """
    folder, names = Path(folder), UniqueNames()
    if inputs.video is None:
        yield lambda frame, people: write_json(
            folder / f'{names.unique(Path(frame.name).stem)}.json', people)
    else:
        stem = Path(inputs.video.name).stem
        with json_list(folder / f'{stem}.json') as append:
            yield lambda frame, people: append(
                dict(frame_id=frame.index, instances=people))


def choose_image_ids(inputs: InputFrames,
                     listed: ImageList | None = None) -> ImageId:
    """Choose the ``image_id`` of records.

    Returns:
        Callable: Finds the id of a frame: that of the list of annotations;
        its number for a video; the number at the end of its file name if all
        images have one of their own, as COCO's do; else its file name, or its
        place where there are no names.
    """
    if listed is not None:

        def listed_id(frame: Frame) -> int | str:
            place = frame.place_in(listed)
            return frame.name if place < 0 else listed.images[place]['id']

        return listed_id
    if inputs.video is not None or inputs.names is None:
        return lambda frame: (
            frame.index if frame.path is None else frame.name)
    numbers = [file_number(name) for name in inputs.names]
    if None in numbers or len(set(numbers)) < len(numbers):
        return lambda frame: frame.name
    return lambda frame: file_number(frame.name)


@contextmanager
def visualization_files(target: str | Path,
                        inputs: InputFrames) -> Iterator[Callable]:
    """Write a picture for each image, or a video of a video.

    Into a folder, which is made; for a video or a single image a file name
    does as well. What is yielded takes a frame and its picture, RGB, uint8
    (H, W, 3).

    Raises:
        OSError: If a file can't be written.
        ValueError: If a file is named for several images, or a file would
            overwrite the input.
    """
    target = Path(target)
    file = target if target.suffix else None
    folder = target.parent if file else target
    if inputs.video is not None:
        path = file or folder / Path(inputs.video.name).with_suffix('.mp4')
        _refuse_overwriting(inputs.video.path, path)
        with video_file(path, inputs.video.fps) as append:
            yield lambda frame, picture: append(
                np.ascontiguousarray(picture[..., ::-1]))
        return
    if file and inputs.count != 1:
        raise ValueError(f'{target} is a file name, but the pictures of '
                         'several images need a folder')
    if file and not cv2.haveImageWriter(str(file)):
        raise ValueError(f'OpenCV can not write {target}; name a .jpg or .png')
    names = UniqueNames()

    def write(frame: Frame, picture: np.ndarray) -> None:
        name = Path(frame.name)
        # OpenCV reads GIF and others, but does not write them everywhere
        suffix = name.suffix if cv2.haveImageWriter(name.name) else '.png'
        path = file or folder / (names.unique(name.stem) + suffix)
        _refuse_overwriting(frame.path, path)
        _, data = cv2.imencode(
            path.suffix, np.ascontiguousarray(picture[..., ::-1]))
        with atomic_write(path) as target:
            target.write(data)

    yield write


@contextmanager
def video_file(path: Path, fps: float) -> Iterator[Callable]:
    """Write a video that appears as a whole or not at all.

    What is yielded appends a picture, BGR, uint8 (H, W, 3); those of another
    size than the first are resized to it.

    Raises:
        OSError: If OpenCV can't write such a file.
    """
    # OpenCV chooses the container by the suffix; two runs do not share it
    unfinished = path.with_name(f'.{path.stem}.{os.getpid()}{path.suffix}')
    writer: cv2.VideoWriter | None = None
    size, count = (0, 0), 0

    def append(picture: np.ndarray) -> None:
        nonlocal writer, size, count
        if writer is None:
            with disk_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            size = picture.shape[1::-1]
            writer = cv2.VideoWriter(
                str(unfinished), cv2.VideoWriter_fourcc(*'mp4v'), fps, size)
            if not writer.isOpened():
                raise OSError(f'OpenCV can not write the video {path}; name '
                              'an .mp4 file in a folder that can be written')
        if picture.shape[1::-1] != size:
            picture = cv2.resize(picture, size)
        writer.write(picture)
        count += 1

    try:
        yield append
        if writer is not None:
            writer.release()
            _check_video(unfinished, path, count)
            os.replace(unfinished, path)
    finally:
        if writer is not None:
            writer.release()
        unfinished.unlink(missing_ok=True)


def _check_video(written: Path, path: Path, count: int) -> None:
    """Check that all frames are there: OpenCV tells of no full disk."""
    capture = cv2.VideoCapture(str(written))
    num_written = max(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
    capture.release()
    if num_written < count:
        raise OSError(f'cannot write {path}: of {count} frames {num_written} '
                      'are there; free some space')


def _refuse_overwriting(source: Path | None, target: Path) -> None:
    if source is not None and source.resolve() == target.resolve():
        raise ValueError(f'the output {target} would overwrite the input; '
                         'name another folder')
