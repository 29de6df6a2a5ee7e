"""JSON exports of MediaPipe's pose landmarks."""

import json

import numpy as np
import pytest

from posefix_mm.formats.joint_maps import load_source_joints

NAMES = ['left_hip', 'nose', 'tail']


def person():
    return [dict(x=i / 100, y=i / 50, z=-.5, visibility=.9) for i in range(33)]


CONTENTS = {
    'solutions': (dict(landmark=person()), ('landmark', )),
    'results': (dict(pose_landmarks=dict(landmark=person())),
                ('pose_landmarks', 'landmark')),
    'tasks': (dict(pose_landmarks=[person(), person()],
                   pose_world_landmarks=[[dict(x=1)]]), ('pose_landmarks', 1)),
    'web': (dict(landmarks=[person(), person()]), ('landmarks', 1)),
}


@pytest.mark.parametrize('kind', CONTENTS)
def test_landmarks_become_pixels_and_go_back(kind, trip):
    content, place = CONTENTS[kind]
    poses = trip.open(trip.file(content, 'json/img.json').parent)
    assert poses.name == 'mediapipe' and poses.images[0].stem == 'img'
    last = len(poses) - 1
    record = trip.read(poses)[last]
    # left hip is landmark 23
    np.testing.assert_allclose(
        record.keypoints, [[46, 46], [0, 0], [0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(record.visible, [True, True, False])
    assert record.score == pytest.approx(.9)
    assert poses.read([0])[0].problem.code == 'image_size'

    out = trip.write(poses, {last: [[50, 46], [2, 0], [9, 9]]})
    expected = json.loads(json.dumps(content))
    landmarks = expected
    for key in place:
        landmarks = landmarks[key]
    landmarks[23]['x'], landmarks[0]['x'] = .25, .01
    assert json.loads((out / 'img.json').read_text()) == expected


@pytest.mark.parametrize(('content', 'code'), [
    (dict(landmark=person()[:-1]), 'keypoint_count'),
    (dict(landmark=[*person()[:-1], 3]), 'keypoints'),
    (dict(landmark=3), 'unreadable_file'),
    (dict(landmark=dict(landmark=dict())), 'unreadable_file'),
    ([3], 'unreadable_file'),
])
def test_problems(content, code, trip):
    assert trip.codes(trip.open(content, format='mediapipe')) == [code]


def test_an_image_without_people(trip):
    assert len(trip.open(dict(pose_landmarks=[]))) == 0


@pytest.mark.parametrize(('content', 'images'), [
    ([dict(frame=3, landmarks=person()), dict(frame=5, landmarks=[])],
     [('clip', 3)]),
    ([dict(pose_landmarks=[person(), person()])], [('clip', 0)]),
    ([[], person()], [('clip', 1)]),
    ([[person()], [person()]], [('clip', 0), ('clip', 1)]),
    ([dict(image_name='a.jpg', landmarks=person())], [('a.jpg', None)]),
    (dict(fps=3, frames=[dict(frame=2, landmarks=person())]), [('clip', 2)]),
    ({'3': person(), '7': dict(landmarks=person())},
     [('clip', 3), ('clip', 7)]),
    ([dict(frame=4, landmarks=[[one['x'], one['y'], -.5, .9]
                               for one in person()])], [('clip', 4)]),
    ([dict(frame=4, landmarks={
        name.upper(): one for name, one in zip(
            load_source_joints('mediapipe33').names, person(), strict=True)})],
     [('clip', 4)]),
])
def test_frames_of_a_video(trip, content, images):
    poses = trip.open(content, 'clip.json')
    assert poses.name == 'mediapipe'
    assert [(i.file_name or i.stem, i.frame) for i in poses.images] == images
    for record in trip.read(poses):
        # left hip is landmark 23
        assert record.keypoints[0].tolist() == pytest.approx([46, 46])
        assert record.score == pytest.approx(.9)
    trip.check_untouched(poses)
    out = trip.write(poses, {0: [[50, 46], [0, 0], [0, 0]]}).read_text()
    assert out.count('0.25') == json.dumps(content).count('0.25') + 1
