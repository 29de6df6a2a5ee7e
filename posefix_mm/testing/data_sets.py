"""Drawn data sets on disk: COCO's format, and the formats of others.

``write_like('mpii', 'data/mpii')`` draws pictures and lays them and their
annotations down as the configs of this project expect MPII.  The joints of
other skeletons are derived from COCO's: those in the middle of the body lie
between shoulders or hips, those of the head on the line from there through
the ears, at the share of the way that fits the drawn people.
"""
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..fileio import read_json, write_json
from ..structures.skeletons import load_skeleton
from .animals import draw_animals
from .body import COCO_KEYPOINTS, HEAD_AXES
from .scene import draw_scene

#: AP-10K has 54 species; these few show that no category is special.
SPECIES = ('antelope', 'argali sheep', 'bison')


def category(skeleton: str, **changes: Any) -> dict[str, Any]:
    """Return COCO's description of a category with one of mmpose's skeletons.

    Links are numbered from 1 as in COCO; ``changes`` are the fields that are
    not those of COCO's persons.
    """
    info = load_skeleton(skeleton)
    return {'id': 1, 'name': 'person', 'supercategory': 'person',
            'keypoints': list(info['keypoint_id2name'].values()),
            'skeleton': (np.array(info['skeleton_links']) + 1).tolist(),
            **changes}


COCO_CATEGORY = category('coco')
# From between the shoulders to the head's centre, in body heights (see
# body.solve_body): 0.025 to the neck, 0.045 and half a head above it. Chin
# and top of the head are half a head from there.
_HALF_HEAD = HEAD_AXES[1] / (0.07 + HEAD_AXES[1])
# Derived joints: a pair of joints, and how far from its middle towards the
# middle of the ears.
_DERIVED = {
    'pelvis': ('hip', 0), 'thorax': ('shoulder', 0), 'neck': ('shoulder', 0),
    'upper_neck': ('shoulder', 1 - _HALF_HEAD),
    'head_bottom': ('shoulder', 1 - _HALF_HEAD),
    'head_top': ('shoulder', 1 + _HALF_HEAD),
    'top_head': ('shoulder', 1 + _HALF_HEAD)}


def write_dataset(
    out_dir: str | os.PathLike[str], num_images: int, seed: int = 0,
    image_size: tuple[int, int] = (320, 240), first_image_id: int = 1,
    progress: Callable[[int, int], None] | None = None, *,
    simple: bool = False, draw: Callable = draw_scene,
    categories: tuple[dict[str, Any], ...] = (COCO_CATEGORY, ),
) -> Path:
    """Generate images and their annotations.

    Image ``i``, ``out_dir/images/00000i.jpg``, depends on ``seed`` and ``i``
    alone: data sets with disjoint ids share no image.

    Args:
        out_dir: Folder to write to; made if missing.
        num_images: Number of images, at least 1.
        seed: Seed of the whole data set, not negative.
        image_size: Width and height of the images in pixels.
        first_image_id: Id of the first image, not negative.
        progress: Called after each image with the numbers of images that
            are written and wanted.
        simple: Draw scenes that a small network learns in minutes.
        draw: Returns image and annotations of a generator and a size.
        categories: Of the annotations.

    Returns:
        Path of ``out_dir/annotations.json``.

    Raises:
        ValueError: If an argument is out of range.
        OSError: If an image cannot be written.
    """
    for name, value, least in (('num_images', num_images, 1),
                               ('seed', seed, 0),
                               ('first_image_id', first_image_id, 0)):
        if value < least:
            raise ValueError(
                f'{name} must be at least {least}, got {value!r}')
    if simple:
        draw = partial(draw, simple=True)
    folder = Path(out_dir) / 'images'
    folder.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for done, image_id in enumerate(
            range(first_image_id, first_image_id + num_images), start=1):
        rng = np.random.default_rng(np.random.SeedSequence([seed, image_id]))
        image, people = draw(rng, image_size)
        path = folder / f'{image_id:06d}.jpg'
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))]
        if not cv2.imwrite(str(path), image, quality):
            raise OSError(f'could not write {path}')
        images.append({'id': image_id, 'file_name': path.name,
                       'width': image.shape[1], 'height': image.shape[0]})
        # ids depend on the image alone: files of other images can be merged
        annotations += [{'id': 100 * image_id + k, 'image_id': image_id,
                         **person} for k, person in enumerate(people, 1)]
        if progress is not None:
            progress(done, num_images)
    path = folder.with_name('annotations.json')
    write_json(path, {'images': images, 'annotations': annotations,
                      'categories': list(categories)})
    return path


def derive_joints(keypoints: np.ndarray, names: Sequence[str],
                  image_size: tuple[int, int]) -> np.ndarray:
    """Turn COCO's joints into K named ones of another skeleton.

    Keypoints are ``(n, 17, 3)``: x, y in image pixels and 0 absent, 1 hidden,
    2 visible; the result is ``(n, K, 3)``. A derived joint is absent if one
    that it is derived from is, or if it lies outside of the image (width,
    height), and hidden if one is.
    """
    weights = np.zeros((len(names), len(COCO_KEYPOINTS)))
    for row, name in zip(weights, names, strict=True):
        pair, share = _DERIVED.get(name, (name, 0))
        for joint, weight in ((pair, 1 - share), ('ear', share)):
            sources = [k for k, source in enumerate(COCO_KEYPOINTS) if
                       source in (joint, f'left_{joint}', f'right_{joint}')]
            row[sources] += weight / len(sources)
    xy = np.round(weights @ keypoints[..., :2], 2)
    flags = np.where(weights != 0, keypoints[:, None, :, 2], 2).min(2)
    inside = ((xy >= 0) & (xy <= np.array(image_size) - 1)).all(2)
    flags = np.where(inside, flags, 0)
    return np.concatenate((xy * (flags > 0)[..., None], flags[..., None]), 2)


def write_like(name: str, root: str | os.PathLike[str], num_images: int = 4,
               seed: int = 0, image_size: tuple[int, int] = (112, 88)) -> None:
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
    drawing: dict[str, Any] = {}
    if name == 'ap10k':
        drawing['draw'] = partial(draw_animals, num_species=len(SPECIES))
        drawing['categories'] = tuple(
            category('ap10k', id=number, name=species, supercategory='animal')
            for number, species in enumerate(SPECIES, start=1))
    for index, part in enumerate(('train', 'val', 'test')):
        path = write_dataset(root, num_images, seed, image_size,
                             1 + index * num_images, **drawing)
        content = read_json(path)
        path.unlink()
        DATA_SETS[name](Path(root) / 'annotations', part, content)


def _with_joints(content: dict[str, Any],
                 skeleton: str) -> list[dict[str, Any]]:
    """Give the annotations, in place, the joints of another skeleton."""
    content['categories'] = [category(skeleton)]
    names = content['categories'][0]['keypoints']
    size = content['images'][0]['width'], content['images'][0]['height']
    poses = np.array([a['keypoints'] for a in content['annotations']], float)
    for annotation, pose in zip(content['annotations'], derive_joints(
            poses.reshape(-1, 17, 3), names, size), strict=True):
        annotation.update(keypoints=pose.ravel().tolist(),
                          num_keypoints=int((pose[:, 2] > 0).sum()))
    return content['annotations']


def _move_images(root: Path, content: dict[str, Any], pattern: str,
                 base: str = '') -> None:
    """Move images to where ``pattern`` puts them; names are below ``base``."""
    for index, image in enumerate(content['images']):
        target = root / base / pattern.format(
            name=image['file_name'], video=index // 2, frame=index % 2)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(root / 'images' / image['file_name'], target)
        image['file_name'] = target.relative_to(root / base).as_posix()


def _write_plain(folder: Path, part: str, content: dict[str, Any], *,
                 file: str, images: str = 'images',
                 parts: tuple[str, ...] = ('train', 'val', 'test')) -> None:
    """Write a file in COCO's own form; both patterns may name the part."""
    if images != 'images':
        _move_images(folder.parent, content, '{name}', images.format(part))
    if part in parts:
        write_json(folder / file.format(part), content)


def _write_mpii(folder: Path, part: str, content: dict[str, Any]) -> None:
    """Write MPII's annotations as mmpose has them, and the head boxes.

    Joints are 1-based, as in Matlab; the scale is a person's height in units
    of 200 pixels.
    """
    from scipy.io import savemat
    files = {i['id']: i['file_name'] for i in content['images']}
    listed, heads = [], []
    for annotation in _with_joints(content, 'mpii'):
        pose = np.array(annotation['keypoints']).reshape(-1, 3)
        present = pose[:, 2] > 0
        x, y, width, height = annotation['bbox']
        if present.any():
            listed.append({
                'image': files[annotation['image_id']],
                'center': [x + width / 2 + 1, y + height / 2 + 1],
                'scale': height / 200,
                'joints': ((pose[:, :2] + 1) * present[:, None]).tolist(),
                'joints_vis': present.astype(int).tolist()})
            # corners of a head a seventh as tall as the person
            heads.append([[x, y], [x + height / 7, y + height / 7]])
    write_json(folder / f'mpii_{part}.json', listed)
    savemat(folder / f'mpii_gt_{part}.mat',
            {'headboxes_src': np.transpose(heads, (1, 2, 0))})


def _write_posetrack18(folder: Path, part: str,
                       content: dict[str, Any]) -> None:
    """Write one file with all, and one for each video of two frames."""
    _move_images(folder.parent, content,
                 f'images/{part}/{{video:06d}}_mpii_test/{{frame:06d}}.jpg')
    for image in content['images']:
        image.update(frame_id=image['id'], is_labeled=True, nframes=2,
                     vid_id=image['file_name'].split('/')[2][:6])
    for track, annotation in enumerate(_with_joints(content, 'posetrack18')):
        pose = np.array(annotation['keypoints']).reshape(-1, 3)
        pose[3:5] = 0  # ears are never annotated
        x, y, width, height = annotation['bbox']
        chin = float(pose[1, 1]) if pose[1, 2] else y + height / 7
        annotation.update(
            keypoints=pose.ravel().tolist(), track_id=track,
            num_keypoints=int((pose[:, 2] > 0).sum()), scores=[],
            bbox_head=[x, y, width, max(chin - y, height / 7)])
        del annotation['area']
    write_json(folder / f'posetrack18_{part}.json', content)
    for video in sorted({i['vid_id'] for i in content['images']}):
        images = [i for i in content['images'] if i['vid_id'] == video]
        ids = {i['id'] for i in images}
        write_json(folder / part / f'{video}_mpii_test.json', {
            'images': images, 'categories': content['categories'],
            'annotations': [a for a in content['annotations']
                            if a['image_id'] in ids]})


def _write_crowdpose(folder: Path, part: str, content: dict[str, Any]) -> None:
    """Write CrowdPose's files: no areas, but an index of crowding.

    The index is the mean, over persons, of the joints of others within the
    box over the person's own, as in the paper.
    """
    _with_joints(content, 'crowdpose')
    for image in content['images']:
        people = [a for a in content['annotations']
                  if a['image_id'] == image['id']]
        poses = np.array([p['keypoints'] for p in people]).reshape(
            len(people), -1, 3)
        boxes = np.array([p['bbox'] for p in people])[:, None, None]
        offsets = poses[..., :2] - boxes[..., :2]
        inside = ((offsets >= 0) & (offsets <= boxes[..., 2:])).all(3)
        counts = (inside & (poses[..., 2] > 0)).sum(2)  # (box, pose)
        own = np.diag(counts)
        shares = (counts.sum(1) - own) / np.maximum(own, 1)
        image['crowdIndex'] = float(min(1.0, shares.mean()))
    for annotation in content['annotations']:
        del annotation['area']
    for name in (part, *(['trainval'] if part == 'train' else [])):
        write_json(folder / f'mmpose_crowdpose_{name}.json', content)


#: What :func:`write_like` knows, by the names of the configs' folders.
DATA_SETS: dict[str, Callable[[Path, str, dict[str, Any]], None]] = {
    'mpii': _write_mpii, 'posetrack18': _write_posetrack18,
    'crowdpose': _write_crowdpose,
    'coco': partial(_write_plain, images='{}2017',
                    file='person_keypoints_{}2017.json'),
    'ap10k': partial(_write_plain, images='data',
                     file='ap10k-{}-split1.json'),
    # in COCO's form, without a training part
    'ochuman': partial(_write_plain, parts=('val', 'test'), file=(
        'ochuman_coco_format_{}_range_0.00_1.00.json'))}
