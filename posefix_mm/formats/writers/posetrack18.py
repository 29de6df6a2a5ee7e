"""Write PoseTrack18's files, one for each video."""
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath
from typing import Any, Dict, List

from ...fileio import write_json
from ..atomic_folder import atomic_folder
from ..pose_list import NamedImage, PoseList, flat_lists
from .coco import describe_categories, describe_images, number_images


def write_posetrack18(out: Path, poses: PoseList) -> Counter:
    """Write a folder with a JSON file for each video.

    A video is the folder of its images; what was a frame of a video file
    stays in that file's video. Scores of joints go to ``scores``.

    Raises:
        ValueError: If an image has no name.
    """
    videos: Dict[str, List[int]] = defaultdict(list)
    for number, image in enumerate(poses.images):
        videos[_video_name(image)].append(number)
    ids = number_images(poses.images)
    annotations = _annotations(poses, ids)
    of_images = poses.of_images()
    with atomic_folder(out) as folder:
        for name, numbers in videos.items():
            images = describe_images([poses.images[n] for n in numbers],
                                     [ids[n] for n in numbers])
            content = dict(
                images=[
                    dict(
                        image, vid_id=name, frame_id=image['id'],
                        is_labeled=True) for image in images
                ],
                annotations=[
                    annotations[index] for number in numbers
                    for index in of_images[number]
                ],
                categories=describe_categories(poses))
            write_json(folder / f'{name}.json', content)
    return Counter()


def _video_name(image: NamedImage) -> str:
    """Name of the video, without folders."""
    image.need_stem()  # names that climb are refused
    if image.frame is not None:
        return PurePosixPath(image.file_name or image.stem).stem
    return PurePosixPath(image.need_name()).parent.name or 'images'


def _annotations(poses: PoseList, ids: List[int]) -> List[Dict[str, Any]]:
    """Describe the poses; scores, where there are any, beside the joints."""
    triples, boxes = poses.triples(), poses.boxes().tolist()
    scores = poses.keypoint_scores.tolist()
    if not poses.has_flags:
        triples[..., 2] = poses.visible
    keypoints = flat_lists(triples)
    annotations = []
    for i in range(len(poses)):
        annotation = {
            'id': i + 1,
            'bbox': boxes[i],
            **poses.fields[i],
            'image_id': ids[poses.image_index[i]],
            'category_id': int(poses.category_ids[i]),
            'keypoints': keypoints[i],
        }
        if not poses.has_flags:
            annotation['scores'] = scores[i]
        if poses.scores[i] != 1:
            annotation['score'] = float(poses.scores[i])
        annotations.append(annotation)
    return annotations
