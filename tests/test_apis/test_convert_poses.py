"""Converting poses there and back."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from posefix_mm.apis.convert_poses import (
    NothingConvertedError,
    convert_poses,
    writable_formats,
)
from posefix_mm.formats import open_pose_file
from posefix_mm.formats.joint_maps import load_source_joints
from posefix_mm.images.image_finder import ImageFinder

IMAGES = dict(images=[
    dict(id=7, file_name='walk/000007.jpg', width=640, height=480),
    dict(id=9, file_name='walk/000009.png', width=320, height=240),
    dict(id=11, file_name='run/1.jpg', width=100, height=100),
])
COCO = load_source_joints('coco').names


def pose(seed, flags=False):
    rng = np.random.default_rng(seed)
    values = np.empty((17, 3))
    values[:, :2] = rng.uniform(10, 230, (17, 2)).round(2)
    values[:, 2] = 2 if flags else rng.uniform(.1, 1, 17).round(3)
    values[3] = 0  # the left ear is absent
    return values


def records():
    return [
        dict(image_id=9, category_id=1, keypoints=pose(0).ravel().tolist(),
             score=.75, track_id=4),
        dict(image_id=7, category_id=1, keypoints=pose(1).ravel().tolist(),
             score=.5, track_id=5),
        dict(image_id=9, category_id=1, keypoints=pose(2).ravel().tolist(),
             score=.25, track_id=6),
    ]


class Files:
    """A folder with images.json, and conversions to ``out`` in it."""

    def __init__(self, folder):
        self.folder, self.out = folder, folder / 'out'
        self.ann = self.write(IMAGES, 'images.json')

    def write(self, content, name='results.json'):
        """Write a text, or anything else as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str)
                        else json.dumps(content))
        return path

    def convert(self, given, target, **options):
        """Convert a path, or content that is written before."""
        if not isinstance(given, Path):
            given = self.write(given)
        return convert_poses(given, self.out, target, **options)

    def read(self):
        """Parse what was written."""
        return json.loads(self.out.read_text())


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def poses_by_image(found):
    """Keypoints of every pose of COCO results, sorted by their image."""
    return sorted((record['image_id'], record['keypoints'])
                  for record in found)


# format: tolerance in pixels, and what it has no place for
TARGETS = {
    'coco-results': (0, {}),
    'coco-annotations': (0, dict(keypoint_scores=3)),
    'posetrack18': (0, {'joint left_eye': 3, 'joint right_eye': 3}),
    'openpose': (0, dict(score=3, track_id=3)),
    'alphapose': (0, {}),
    'ultralytics-txt': (1e-4, dict(track_id=3)),
    'deeplabcut': (0, dict(score=3, track_id=3)),
    'sleap': (0, {}),
}


@pytest.mark.parametrize('name', TARGETS)
def test_there_and_back(name, files):
    if name == 'sleap':
        pytest.importorskip('sleap_io')
    tolerance, lost = TARGETS[name]
    summary = files.convert(records(), name, ann=files.ann)
    assert (summary.total, summary.converted) == (3, 3)
    assert summary.lost == lost and not summary.unconverted
    made = files.out.rename(files.folder / 'made')
    again = files.convert(made, 'coco-results', source_format=name,
                          skeleton='coco', ann=files.ann)
    # the image with one person has empty cells for a second
    empty = dict(no_keypoint=1) if name == 'deeplabcut' else {}
    assert again.converted == 3 and again.unconverted == empty
    kept = np.ones(17, bool)
    if name == 'posetrack18':
        kept[1:3] = False
    for (image, expected), (image_back, found) in zip(
            poses_by_image(records()), poses_by_image(files.read()),
            strict=True):
        assert image == image_back
        expected, found = (np.reshape(v, (17, 3)) for v in (expected, found))
        assert not found[~kept].any()
        np.testing.assert_allclose(
            found[kept, :2], expected[kept, :2], rtol=0, atol=tolerance)
        if name != 'coco-annotations':  # which has flags
            np.testing.assert_allclose(found[kept, 2], expected[kept, 2],
                                       rtol=1e-6)


def test_numbers_as_keys_are_pictures_of_the_annotations(files):
    """Here the same poses as the records, below the ids of their images."""
    by_image = {}
    for record in records():
        by_image.setdefault(record.pop('image_id'), []).append(
            dict(keypoints=np.reshape(record['keypoints'], (17, 3)).tolist()))
    given = files.write(by_image, 'people.json')
    assert files.convert(given, 'coco-results', skeleton='coco',
                         ann=files.ann).converted == 3
    assert poses_by_image(files.read()) == poses_by_image(records())


def test_every_writer_is_tested():
    assert set(TARGETS) == set(writable_formats())


def test_fields_and_scores_are_carried_along(files):
    files.convert(records(), 'alphapose', ann=files.ann)
    expected = records()
    for record in expected:
        record['image_id'] = {
            9: 'walk/000009.png', 7: 'walk/000007.jpg'}[record['image_id']]
    assert files.read() == expected


def test_annotations_have_what_evaluation_needs(files):
    files.convert(records(), 'coco-annotations', ann=files.ann)
    content = files.read()
    assert content['images'] == [
        IMAGES['images'][1], IMAGES['images'][0], IMAGES['images'][2]]
    assert content['categories'] == [
        dict(id=1, name='person', keypoints=COCO)]
    first = content['annotations'][0]
    present = np.delete(pose(0)[:, :2], 3, 0)
    np.testing.assert_allclose(
        first['bbox'], [*present.min(0), *np.ptp(present, 0)])
    assert first['area'] == pytest.approx(np.ptp(present, 0).prod())
    assert (first['num_keypoints'], first['score'], first['track_id']) == (
        16, .75, 4)
    assert first['keypoints'][2::3] == [2, 2, 2, 0, *[2] * 13]


def test_images_without_poses_have_their_file_too(files):
    files.convert(records(), 'openpose', ann=files.ann)
    out = files.out
    names = sorted(p.relative_to(out).as_posix() for p in out.rglob('*.json'))
    assert names == ['run/1_keypoints.json', 'walk/000007_keypoints.json',
                     'walk/000009_keypoints.json']
    assert json.loads(
        (out / names[0]).read_text()) == dict(version=1.3, people=[])
    person = json.loads((out / names[1]).read_text())['people'][0]
    # OpenPose's joint 4 is the right wrist, COCO's joint 10; 18 the left ear
    np.testing.assert_array_equal(
        np.reshape(person['pose_keypoints_2d'], (25, 3))[[4, 18]],
        pose(1)[[10, 3]])


EMPTY = ('coco-annotations', 'posetrack18', 'openpose', 'ultralytics-txt')


@pytest.mark.parametrize('source', EMPTY)
@pytest.mark.parametrize('target', [*EMPTY, 'coco-results'])
def test_images_without_poses_stay_or_are_counted(source, target, files):
    files.convert(records(), source, ann=files.ann)
    made = files.out.rename(files.folder / 'made')
    summary = files.convert(made, target, source_format=source, ann=files.ann)
    assert summary.converted == 3
    assert summary.lost['image without poses'] == (target == 'coco-results')
    if target in EMPTY:
        back = open_pose_file(files.out, format=target, joint_map=None
                              if 'ultralytics' not in target else 'coco')
        assert [(i.stem or i.file_name).removesuffix('.jpg')
                for i in back.images_without_poses()] == ['run/1']


def test_mediapipe_in(files):
    landmarks = [dict(x=i / 40, y=i / 80, z=.5, visibility=.9)
                 for i in range(33)]
    files.write(dict(pose_landmarks=[landmarks]), 'mp/walk/000009.json')
    summary = files.convert(files.folder / 'mp', 'coco-results',
                            skeleton='coco', ann=files.ann)
    record, = files.read()
    assert record['image_id'] == 9 and len(record['z']) == 33
    # the left hip, joint 11 of COCO, is landmark 23
    np.testing.assert_allclose(
        record['keypoints'][33:36], [23 / 40 * 320, 23 / 80 * 240, .9],
        rtol=1e-6)
    assert summary.lost['joint left_heel'] == 1 and len(summary.lost) == 16


def test_ultralytics_json_in(files):
    given = files.write([{
        'class': 0, 'confidence': .5, 'name': 'person',
        'box': dict(x1=1, y1=2, x2=11, y2=22),
        'keypoints': dict(x=[3.25] * 17, y=[4.5] * 17, visible=[.5] * 17)
    }], 'json/1.json')
    files.convert(given.parent, 'alphapose', img_dir=make_image(files.folder))
    record, = files.read()
    assert record['bbox'] == [1, 2, 10, 20] and record['name'] == 'person'
    assert record['keypoints'][:3] == [3.25, 4.5, .5]
    assert (record['image_id'], record['score']) == ('1.png', .5)


def make_image(folder):
    """Folder with an image 40 wide and 30 high."""
    from PIL import Image
    (folder / 'img').mkdir()
    Image.new('RGB', (40, 30)).save(folder / 'img' / '1.png')
    return folder / 'img'


def test_sizes_come_from_the_images(files):
    files.convert([dict(records()[0], image_id='1.png')], 'ultralytics-txt',
                  img_dir=make_image(files.folder))
    numbers = (files.out / '1.txt').read_text().split()
    np.testing.assert_allclose(
        [float(n) for n in numbers[5:7]], pose(0)[0, :2] / (40, 30),
        rtol=1e-6)
    assert len(numbers) == 5 + 51 + 1 and numbers[-1] == '0.75'
    present = np.delete(pose(0)[:, :2], 3, 0)
    middle = (present.min(0) + present.max(0)) / 2
    np.testing.assert_allclose(
        [float(n) for n in numbers[:5]],
        [0, *(middle / (40, 30)), *(np.ptp(present, 0) / (40, 30))],
        rtol=1e-6)


def test_unreadable_poses_are_counted(files):
    given = [*records(), dict(image_id=7), 3,
             dict(records()[0], score=0), dict(records()[0], image_id=None)]
    summary = files.convert(given, 'coco-annotations', ann=files.ann)
    assert (summary.total, summary.converted) == (7, 3)
    assert summary.unconverted == dict(
        keypoints=1, not_an_object=1, score_not_positive=1, image_id=1)


def test_names_of_a_joint_map(files):
    joint_map = files.write(
        "source_joints = ['a', 'b']\njoints = dict(nose='b')", 'map.py')
    summary = files.convert(
        [dict(records()[0], keypoints=[1, 2, .5, 3, 4, .5])], 'coco-results',
        joint_map=joint_map, skeleton='coco')
    out, = files.read()
    assert out['keypoints'][:3] == [3, 4, .5] and not any(
        out['keypoints'][3:])
    assert summary.lost == {'joint a': 1}


def test_frames_of_a_video(files):
    table = ('scorer,net,net\nbodyparts,nose,nose\ncoords,x,y\n'
             '0,1.5,2.5\n3,4.5,5.5\n')
    given = files.write(table, 'mousenet.csv')
    summary = files.convert(given, 'deeplabcut')
    assert summary.converted == 2
    assert files.out.read_text() == table.replace('net', 'posefix_mm')
    summary = files.convert(given, 'coco-results')
    assert not summary.lost
    assert [r['image_id'] for r in files.read()] == [
        'mouse_000000000000', 'mouse_000000000003']


@pytest.mark.parametrize('target', [
    'coco-results', 'coco-annotations', 'alphapose', 'ultralytics-txt',
    'openpose'])
def test_frames_that_are_found_in_a_folder(files, target):
    """Each stays the one that it was, by whatever name."""
    videos = files.folder / 'videos'
    videos.mkdir()
    writer = cv2.VideoWriter(
        str(videos / 'cam.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    for _ in range(4):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    for frame in (1, 3):
        given = files.write(dict(people=[dict(
            pose_keypoints_2d=[9 + frame, 5, .5] * 18)]),
            f'given/cam.{frame:04d}_keypoints.json')
    skeleton = 'openpose_coco18' if target == 'openpose' else 'coco'
    summary = files.convert(given.parent, target, img_dir=videos,
                            skeleton=skeleton)
    assert summary.converted == 2
    poses = open_pose_file(files.out, target_names=['nose', 'neck'],
                           joint_map=skeleton, format=target)
    finder = ImageFinder(videos)
    for record in poses.read([0, 1], (64, 48)):
        image = poses.images[poses.image_index[record.index]]
        assert finder.locate(image).frame == pytest.approx(
            record.keypoints[0, 0] - 9, abs=1e-4)


@pytest.mark.parametrize(('target', 'options', 'message'), [
    ('mediapipe', {}, "no writer of the format 'mediapipe'; use one of coco"),
    ('alphapose', {}, r'name of the file of image 9 is not known.*--ann'),
    ('openpose', dict(skeleton='coco'), 'openpose has joints of its own: '
     'openpose_body25 or openpose_coco18, not coco'),
    ('coco-results', dict(source_format='yolo'), "no format 'yolo'"),
])
def test_what_is_wrong_is_said(files, target, options, message):
    with pytest.raises(ValueError, match=message):
        files.convert(records(), target, **options)
    assert not files.out.exists()


def test_the_input_is_not_overwritten(files):
    files.out = files.write(records())
    with pytest.raises(ValueError, match='would overwrite the input'):
        files.convert(files.out, 'alphapose', ann=files.ann)


@pytest.mark.parametrize('name', ['../x.jpg', '/etc/x.jpg', 'a\\..\\x.jpg'])
def test_names_do_not_leave_the_folder(files, name):
    with pytest.raises(ValueError, match='leaves the folder'):
        files.convert([dict(records()[0], image_id=name)], 'openpose')
    assert not files.out.exists()
    assert not (files.folder.parent / 'x_keypoints.json').exists()


@pytest.mark.parametrize(('names', 'target', 'message'), [
    (['a.jpg'], 'ultralytics-txt', 'size of the image a.jpg is not'),
    (['a.jpg', 'a.png'], 'openpose', 'two images are called a without')])
def test_images_that_can_not_be_written(files, names, target, message):
    given = [dict(records()[0], image_id=name) for name in names]
    with pytest.raises(ValueError, match=message):
        files.convert(given, target)


@pytest.mark.parametrize('name', [n for n in TARGETS if n != 'sleap'])
def test_an_empty_file(files, name):
    assert files.convert([], name).total == 0
    if name == 'coco-annotations':
        assert open_pose_file(files.out, format=name).image_index.size == 0


@pytest.mark.parametrize(('bad', 'text'), [
    (dict(keypoints=[1, 2, 3]), 'record 0: keypoints must hold 51 numbers'),
    (dict(score='a'), "record 0: score must be a finite number, got 'a'"),
    (dict(image_id=None), 'record 0: image_id must be a number or name'),
    (dict(keypoints=['x'] * 51), 'keypoints must hold numbers only'),
])
def test_not_one_pose_can_be_read(files, bad, text):
    """Nothing is written for nothing."""
    with pytest.raises(NothingConvertedError, match=text) as raised:
        files.convert([dict(records()[0], **bad)], 'coco-annotations',
                      ann=files.ann)
    assert f'none of the 1 poses of {files.folder}/results.json' in str(
        raised.value)
    assert not files.out.exists()


def test_tables_in_which_nobody_is(files):
    summary = files.convert(files.write(
        'scorer,net,net\nbodyparts,nose,nose\ncoords,x,y\n0,,\n',
        'mousenet.csv'), 'coco-results')
    assert summary.unconverted == dict(no_keypoint=1)
    assert files.read() == []


@pytest.mark.parametrize('name', ['\ud800.jpg', 'x' * 300 + '.jpg'])
def test_names_that_no_file_has(files, name):
    given = [dict(records()[0], image_id=name)]
    with pytest.raises(ValueError, match='can not be the name of a file'):
        files.convert(given, 'openpose')
    files.convert(given, 'coco-results')
    assert files.read()[0]['image_id'] == name
