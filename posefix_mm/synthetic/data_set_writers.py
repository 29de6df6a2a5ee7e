"""Tiny data sets in the formats and folders of other data sets.

``write_like('mpii', 'data/mpii')`` draws pictures and lays them and their
annotations down as the configs of this project expect MPII.  The joints of
other skeletons are derived from COCO's: those in the middle of the body lie
between shoulders or hips, those of the head on the line from there through
the ears, at the share of the way that fits the drawn people.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .animals import ANIMAL_KEYPOINTS, draw_animals
from .coco_writer import COCO_CATEGORY, write_dataset
from .skeleton import COCO_KEYPOINTS, HEAD_AXES

#: AP-10K has 54 species; these few show that no category is special.
SPECIES = ('antelope', 'argali sheep', 'bison')

# From between the shoulders to the head's centre, in body heights (see
# skeleton.solve_body): 0.025 to the neck, 0.045 and half a head above it.
_TO_HEAD = 0.07 + HEAD_AXES[1]
_CHIN, _TOP = 1 - HEAD_AXES[1] / _TO_HEAD, 1 + HEAD_AXES[1] / _TO_HEAD


def _between(name: str) -> dict[str, float]:
    """Return the weights of the middle between left and right."""
    return {f'left_{name}': 0.5, f'right_{name}': 0.5}


def _up_the_head(share: float) -> dict[str, float]:
    """Return the weights of a point on the way from shoulders to ears."""
    return {'left_shoulder': 0.5 - 0.5 * share,
            'right_shoulder': 0.5 - 0.5 * share,
            'left_ear': 0.5 * share, 'right_ear': 0.5 * share}


_DERIVED = {
    'pelvis': _between('hip'),
    'thorax': _between('shoulder'),
    'neck': _between('shoulder'),
    'upper_neck': _up_the_head(_CHIN),
    'head_bottom': _up_the_head(_CHIN),
    'head_top': _up_the_head(_TOP),
    'top_head': _up_the_head(_TOP),
}
MPII_KEYPOINTS = (
    'right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee',
    'left_ankle', 'pelvis', 'thorax', 'upper_neck', 'head_top',
    'right_wrist', 'right_elbow', 'right_shoulder', 'left_shoulder',
    'left_elbow', 'left_wrist')
POSETRACK18_KEYPOINTS = (
    'nose', 'head_bottom', 'head_top', 'left_ear', 'right_ear',
    *COCO_KEYPOINTS[5:])
CROWDPOSE_KEYPOINTS = (*COCO_KEYPOINTS[5:], 'top_head', 'neck')


def derive_joints(
    keypoints: np.ndarray, names: tuple[str, ...],
    image_size: tuple[int, int],
) -> np.ndarray:
    """Turn COCO's joints into those of another skeleton.

    Args:
        keypoints: ``(n, 17, 3)`` COCO keypoints: x, y in image pixels and
            0 absent, 1 hidden, 2 visible.
        names: K names of COCO's or of derived joints.
        image_size: Width and height of the image in pixels.

    Returns:
        ``(n, K, 3)``.  A derived joint is absent if one that it is derived
        from is, or if it lies outside of the image, and hidden if one is.
    """
    weights = np.zeros((len(names), len(COCO_KEYPOINTS)))
    for row, name in enumerate(names):
        for source, weight in _DERIVED.get(name, {name: 1.0}).items():
            weights[row, COCO_KEYPOINTS.index(source)] = weight
    xy = np.round(weights @ keypoints[..., :2], 2)
    used = weights != 0
    flags = np.where(used, keypoints[:, None, :, 2], 2).min(2)
    inside = ((xy >= 0) & (xy <= np.array(image_size) - 1)).all(2)
    flags = np.where(inside, flags, 0)
    return np.concatenate((xy * (flags > 0)[..., None], flags[..., None]), 2)


def write_like(
    name: str,
    root: str | os.PathLike[str],
    num_images: int = 4,
    seed: int = 0,
    image_size: tuple[int, int] = (112, 88),
) -> None:
    """Draw a training, a validation and a test part like a data set's.

    Args:
        name: One of :data:`DATA_SETS`.
        root: Folder to write to, such as ``data/mpii``; made if missing.
        num_images: Number of images of each part, at least 1.
        seed: Seed of the whole data set, not negative.
        image_size: Width and height of the images in pixels.

    Raises:
        ValueError: If an argument is out of range.
    """
    if name not in DATA_SETS:
        raise ValueError(
            f'name must be one of {sorted(DATA_SETS)}, got {name!r}')
    root = Path(root)
    write, draw = DATA_SETS[name], write_dataset
    if name == 'ap10k':
        draw = _write_animals
    (root / 'annotations').mkdir(parents=True, exist_ok=True)
    for index, part in enumerate(('train', 'val', 'test')):
        path = draw(root, num_images, seed, image_size,
                    first_image_id=1 + index * num_images)
        content = json.loads(path.read_text())
        path.unlink()
        write(root, part, content)


def _keypoints(content: dict[str, Any]) -> np.ndarray:
    """Return the ``(n, 17, 3)`` keypoints of all annotations."""
    return np.array([a['keypoints'] for a in content['annotations']],
                    np.float64).reshape(-1, len(COCO_KEYPOINTS), 3)


def _size(content: dict[str, Any]) -> tuple[int, int]:
    """Return width and height of the images, all of one size."""
    return content['images'][0]['width'], content['images'][0]['height']


def _with_joints(
    content: dict[str, Any], names: tuple[str, ...],
) -> dict[str, Any]:
    """Return the same content with the joints of another skeleton."""
    poses = derive_joints(_keypoints(content), names, _size(content))
    annotations = [
        {**annotation, 'keypoints': pose.ravel().tolist(),
         'num_keypoints': int((pose[:, 2] > 0).sum())}
        for annotation, pose in zip(content['annotations'], poses,
                                    strict=True)]
    category = {**COCO_CATEGORY, 'keypoints': list(names), 'skeleton': []}
    return {**content, 'annotations': annotations, 'categories': [category]}


def _move_images(
    root: Path, content: dict[str, Any], rename: Callable[[str, int], str],
    folder: str = '',
) -> None:
    """Move drawn images to ``root/folder/rename(...)``; adapt the names."""
    for index, image in enumerate(content['images']):
        name = rename(image['file_name'], index)
        target = root / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(root / 'images' / image['file_name'], target)
        image['file_name'] = name


def _dump(path: Path, content: Any) -> None:
    """Write JSON into a folder that is made if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding='utf-8')


def _write_coco(root: Path, part: str, content: dict[str, Any]) -> None:
    """Write COCO's files: ``train2017/`` and so on."""
    _move_images(root, content, lambda name, _: name, f'{part}2017')
    _dump(root / 'annotations' / f'person_keypoints_{part}2017.json', content)


def _write_ochuman(root: Path, part: str, content: dict[str, Any]) -> None:
    """Write OCHuman's files in COCO's form; there is no training part."""
    if part != 'train':
        _dump(root / 'annotations' /
              f'ochuman_coco_format_{part}_range_0.00_1.00.json', content)


def _write_ap10k(root: Path, part: str, content: dict[str, Any]) -> None:
    """Write the files of AP-10K's first split."""
    _move_images(root, content, lambda name, _: name, 'data')
    _dump(root / 'annotations' / f'ap10k-{part}-split1.json', content)


def _write_mpii(root: Path, part: str, content: dict[str, Any]) -> None:
    """Write MPII's annotations as mmpose has them, and the head boxes.

    Joints are 1-based, as in Matlab; the scale is a person's height in units
    of 200 pixels.
    """
    from scipy.io import savemat
    files = {i['id']: i['file_name'] for i in content['images']}
    poses = derive_joints(_keypoints(content), MPII_KEYPOINTS, _size(content))
    listed, heads = [], []
    for annotation, pose in zip(content['annotations'], poses, strict=True):
        present = pose[:, 2] > 0
        if not present.any():
            continue
        x, y, width, height = annotation['bbox']
        listed.append({
            'image': files[annotation['image_id']],
            'center': [x + width / 2 + 1, y + height / 2 + 1],
            'scale': height / 200,
            'joints': np.where(present[:, None], pose[:, :2] + 1,
                               0).tolist(),
            'joints_vis': present.astype(int).tolist(),
        })
        # x1, y1 and x2, y2 of a head a seventh as tall as the person
        heads.append([[x, y], [x + height / 7, y + height / 7]])
    _dump(root / 'annotations' / f'mpii_{part}.json', listed)
    savemat(root / 'annotations' / f'mpii_gt_{part}.mat',
            {'headboxes_src': np.transpose(heads, (1, 2, 0))})


def _write_posetrack18(root: Path, part: str, content: dict[str, Any]) -> None:
    """Write one file with all, and one for each video of two frames."""
    _move_images(root, content, lambda _, index: (
        f'images/{part}/{index // 2:06d}_mpii_test/{index % 2:06d}.jpg'))
    content = _with_joints(content, POSETRACK18_KEYPOINTS)
    for image in content['images']:
        image.update(frame_id=image['id'], is_labeled=True, nframes=2,
                     vid_id=image['file_name'].split('/')[2][:6])
    head = POSETRACK18_KEYPOINTS.index('head_bottom')
    for track, annotation in enumerate(content['annotations']):
        pose = np.array(annotation['keypoints']).reshape(-1, 3)
        pose[3:5] = 0  # ears are never annotated
        x, y, width, height = annotation['bbox']
        bottom = pose[head, 1] if pose[head, 2] else y + height / 7
        annotation.update(
            keypoints=pose.ravel().tolist(), track_id=track,
            num_keypoints=int((pose[:, 2] > 0).sum()), scores=[],
            bbox_head=[x, y, width, max(bottom - y, height / 7)])
        del annotation['area']
    folder = root / 'annotations'
    _dump(folder / f'posetrack18_{part}.json', content)
    for video in sorted({i['vid_id'] for i in content['images']}):
        images = [i for i in content['images'] if i['vid_id'] == video]
        ids = {i['id'] for i in images}
        _dump(folder / part / f'{video}_mpii_test.json', {
            'images': images, 'categories': content['categories'],
            'annotations': [a for a in content['annotations']
                            if a['image_id'] in ids]})


def _write_crowdpose(root: Path, part: str, content: dict[str, Any]) -> None:
    """Write CrowdPose's files: no areas, but an index of crowding."""
    content = _with_joints(content, CROWDPOSE_KEYPOINTS)
    for image in content['images']:
        people = [a for a in content['annotations']
                  if a['image_id'] == image['id']]
        image['crowdIndex'] = _crowd_index(people)
    for annotation in content['annotations']:
        del annotation['area']
    path = root / 'annotations' / f'mmpose_crowdpose_{part}.json'
    _dump(path, content)
    if part == 'train':
        _dump(path.with_name('mmpose_crowdpose_trainval.json'), content)


def _crowd_index(people: list[dict[str, Any]]) -> float:
    """Return the mean share of others' joints in the persons' boxes.

    The paper's definition: for each person, the joints of others within the
    box over the person's own.
    """
    poses = np.array([p['keypoints'] for p in people]).reshape(
        len(people), -1, 3)
    boxes = np.array([p['bbox'] for p in people])
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    joints = poses[None, :, :, :2]
    inside = ((joints >= low[:, None, None])
              & (joints <= high[:, None, None])).all(3)
    counts = (inside & (poses[None, :, :, 2] > 0)).sum(2)  # (box, pose)
    own = np.diag(counts)
    others = counts.sum(1) - own
    return float(min(1.0, (others / np.maximum(own, 1)).mean()))


def _write_animals(
    root: Path, num_images: int, seed: int, image_size: tuple[int, int],
    first_image_id: int,
) -> Path:
    """Do what ``write_dataset`` does, with animals."""
    (root / 'images').mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for image_id in range(first_image_id, first_image_id + num_images):
        rng = np.random.default_rng(np.random.SeedSequence([seed, image_id]))
        image, animals = draw_animals(rng, image_size,
                                      num_species=len(SPECIES))
        name = f'{image_id:012d}.jpg'
        if not cv2.imwrite(str(root / 'images' / name), image):
            raise OSError(f'could not write {root / "images" / name}')
        images.append({'id': image_id, 'file_name': name,
                       'width': image.shape[1], 'height': image.shape[0]})
        annotations += [{'id': 100 * image_id + k, 'image_id': image_id,
                         **animal} for k, animal in enumerate(animals)]
    categories = [{'id': index, 'name': name, 'supercategory': 'animal',
                   'keypoints': list(ANIMAL_KEYPOINTS), 'skeleton': []}
                  for index, name in enumerate(SPECIES, start=1)]
    path = root / 'annotations.json'
    _dump(path, {'images': images, 'annotations': annotations,
                 'categories': categories})
    return path


#: What :func:`write_like` knows, by the names of the configs' folders.
DATA_SETS: dict[str, Callable[[Path, str, dict[str, Any]], None]] = {
    'coco': _write_coco,
    'mpii': _write_mpii,
    'posetrack18': _write_posetrack18,
    'crowdpose': _write_crowdpose,
    'ochuman': _write_ochuman,
    'ap10k': _write_ap10k,
}
