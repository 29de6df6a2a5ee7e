"""OpenPose's folders."""

import json

import numpy as np
import pytest

NAMES = ['left_wrist', 'nose', 'left_eye']


def person(count=25, **fields):
    pose = [0.] * (3 * count)
    pose[0:3] = 10, 20.5, .9  # nose
    pose[21:24] = 30, 40, .5  # left wrist of both skeletons
    pose[3:6] = 11, 12, .1  # neck, which the refiner does not know
    return dict(person_id=[-1], pose_keypoints_2d=pose,
                hand_left_keypoints_2d=[1, 2, .3], **fields)


@pytest.fixture
def folder(trip):
    for name, content in {
            'a_keypoints.json': dict(version=1.3, people=[]),
            'b_keypoints.json': dict(people=[person(), person(extra='x')]),
            'night/c_keypoints.json': dict(people=[person()], more=[1.50]),
    }.items():
        trip.file(content, f'json/{name}', indent=1)
    return trip.file(b'\xff no json', 'json/notes.txt').parent


def test_reads_people_in_the_order_of_the_files(folder, trip):
    poses = trip.open(folder)
    assert poses.name == 'openpose' and len(poses) == 3
    assert [image.stem for image in poses.images] == ['b', 'night/c']
    np.testing.assert_array_equal(poses.image_index, [0, 0, 1])
    record = trip.read(poses)[2]
    assert record.problem is None and record.image_id == 'night/c'
    np.testing.assert_array_equal(record.keypoints,
                                  [[30, 40], [10, 20.5], [0, 0]])
    np.testing.assert_array_equal(record.visible, [True, True, False])
    np.testing.assert_allclose(record.keypoint_scores, [.5, .9, 0])
    assert record.score == pytest.approx((.9 + .5 + .1) / 3)
    assert poses.copied == ['notes.txt']


def test_the_skeleton_is_told_by_the_length(folder, trip):
    trip.file(dict(people=[person(18), person(25)]), 'json/b_keypoints.json')
    poses = trip.open(folder)
    np.testing.assert_array_equal(trip.read(poses)[0].keypoints[0], [30, 40])
    assert trip.codes(poses) == [None, 'keypoint_count', 'keypoint_count']


def test_everything_comes_back_where_nothing_is_refined(folder, trip):
    trip.check_untouched(trip.open(folder))


def test_only_present_joints_of_refined_people_move(folder, trip):
    poses = trip.open(folder)
    out = trip.write(poses, {1: [[31.12345, 40], [10, 20.5], [7, 7]]})
    before, after = trip.all_bytes(folder), trip.all_bytes(out)
    name = 'b_keypoints.json'
    assert before.pop(name) != after[name]
    expected = json.loads((folder / name).read_bytes())
    expected['people'][1]['pose_keypoints_2d'][21] = 31.123
    assert json.loads(after.pop(name)) == expected
    assert before == after


def test_dropped_people_are_taken_out(folder, trip):
    out = trip.write(trip.open(folder), dropped=[0])
    people = json.loads((out / 'b_keypoints.json').read_bytes())['people']
    assert people == [person(extra='x')]


def test_a_file_that_is_no_json_counts_as_one_pose(folder, trip):
    broken = b'{"people": ['
    (folder / 'b_keypoints.json').write_bytes(broken)
    (folder / 'a_keypoints.json').write_text('{"person": []}')
    poses = trip.open(folder)
    assert trip.codes(poses) == ['unreadable_file', 'unreadable_file', None]
    problems = [r.problem for r in trip.read(poses)]
    assert 'a_keypoints.json must hold an object with a list' in problems[0]
    assert 'b_keypoints.json is not valid JSON' in problems[1]
    np.testing.assert_array_equal(poses.image_index, [-1, -1, 0])
    out = trip.write(poses, {2: [[1, 2], [3, 4], [0, 0]]})
    assert (out / 'b_keypoints.json').read_bytes() == broken


@pytest.mark.parametrize(('change', 'code'), [
    (3, 'not_an_object'),
    (dict(pose_keypoints_2d='x'), 'keypoints'),
    (dict(pose_keypoints_2d=[True] * 75), 'keypoints'),
    (dict(pose_keypoints_2d=[1.] * 74), 'keypoint_count'),
    (dict(pose_keypoints_2d=[0.] * 75), 'no_keypoint'),
    (dict(pose_keypoints_2d=[10**400] * 75), 'not_finite'),
    (dict(pose_keypoints_2d=[float('nan')] * 75), 'no_keypoint'),
    (dict(), 'keypoints'),
])
def test_problems(change, code, folder, trip):
    trip.file(dict(people=[change]), 'json/a_keypoints.json')
    assert trip.codes(trip.open(folder)) == [code, None, None, None]


def test_a_single_file_is_a_folder_of_itself(folder, trip):
    file = folder / 'b_keypoints.json'
    poses = trip.open(file)
    assert poses.name == 'openpose' and poses.images[0].stem == 'b'
    out = trip.write(poses, {0: [[31, 40], [10, 20.5], [0, 0]]})
    expected = json.loads(file.read_bytes())
    expected['people'][0]['pose_keypoints_2d'][21] = 31
    assert json.loads(out.read_bytes()) == expected


def test_links_out_of_the_folder_are_refused(folder, trip):
    (folder / 'd_keypoints.json').symlink_to(trip.file({}, 'secret.json'))
    with pytest.raises(ValueError, match='d_keypoints.json is a link out of'):
        trip.open(folder)


def test_other_folders_are_not_overwritten(folder, trip):
    trip.out.mkdir(parents=True)
    (trip.out / 'mine.txt').write_text('keep me')
    poses = trip.open(folder)
    with pytest.raises(FileExistsError, match='is not an empty folder'):
        trip.write(poses)
    assert [p.name for p in trip.out.parent.iterdir()] == ['refined']
    assert (trip.out / 'mine.txt').read_text() == 'keep me'


def test_the_input_itself_may_be_overwritten(folder, trip):
    poses = trip.open(folder)
    before = trip.all_bytes(folder)
    trip.out = folder
    trip.write(poses, {2: [[31, 40], [10, 20.5], [0, 0]]})
    after = trip.all_bytes(folder)
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ['night/c_keypoints.json'] and len(after) == 4
    assert [p.name for p in folder.parent.iterdir()] == ['json']


def test_a_failure_leaves_nothing(folder, trip, monkeypatch):
    poses = trip.open(folder)

    def fail(*args):
        raise OSError('disk full')

    monkeypatch.setattr(poses, 'edit', fail)
    with pytest.raises(OSError, match='disk full'):
        trip.write(poses, {2: [[31, 40], [10, 20.5], [0, 0]]})
    assert list(trip.out.parent.iterdir()) == []


def test_digest_follows_the_content(folder, trip):
    first = trip.open(folder).digest()
    assert first == trip.open(folder).digest()
    (folder / 'notes.txt').write_text('other')
    assert first != trip.open(folder).digest()


@pytest.mark.parametrize('count', [25, 18, 17, 26])
@pytest.mark.parametrize('name', [
    'cam01.0012.json', 'cam01_000000000012_keypoints.json'])
def test_names_and_skeletons_of_other_tools(trip, count, name):
    """Pose2Sim, Sports2D and AlphaPose; joints are told by their number."""
    path = trip.file(dict(people=[dict(
        pose_keypoints_2d=[10., 20., .5] + [0.] * 3 * (count - 1))]), name)
    poses = trip.open(path.parent, target_names=['nose', 'left_hip'])
    assert poses.name == 'openpose'
    assert [i.stem for i in poses.images] == [
        name.removesuffix('.json').removesuffix('_keypoints')]
    record, = trip.read(poses)
    assert record.keypoints.tolist() == [[10, 20], [0, 0]]
    assert poses.skeleton.joint_map.num_source == count


@pytest.mark.parametrize(('people', 'field'), [
    ('people', 'pose_keypoints_2d'), ('people', 'pose_keypoints'),
    ('bodies', 'joints')])
@pytest.mark.parametrize('single', [True, False])
def test_alphapose_and_old_versions(trip, people, field, single):
    """`--format open` and `cmu`: a file of all images, and one for each."""
    pose = person(18)['pose_keypoints_2d']
    images = {name: {'version': 'x', people: [{field: pose}]}
              for name in ('2.jpg', '10.jpg')}
    if single:
        path = trip.file(images, 'alphapose-results.json')
    for name in () if single else images:
        path = trip.file(images[name], f'poses/{name[:-4]}.json').parent
    poses = trip.open(path)
    assert poses.name == 'openpose' and len(poses) == 2
    assert {i.file_name or f'{i.stem}.jpg' for i in poses.images} == {*images}
    for record in trip.read(poses):
        assert record.keypoints.tolist() == [[30, 40], [10, 20.5], [0, 0]]
    out = trip.write(poses, {1: [[30, 44], [10, 20.5], [0, 0]]})
    expected = json.loads(json.dumps(images))
    name = poses.images[1].file_name or f'{poses.images[1].stem}.jpg'
    expected[name][people][0][field][22] = 44.0
    assert expected == (json.loads(out.read_text()) if single else {
        name: json.loads((out / name).with_suffix('.json').read_text())
        for name in images})


@pytest.mark.parametrize(('count', 'wrist', 'nose'), [(15, 7, None),
                                                      (133, 9, 0)])
def test_mpi_and_whole_bodies(trip, count, wrist, nose):
    pose = np.zeros((count, 3))
    pose[wrist] = 30, 40, .5
    if nose is not None:
        pose[nose] = 10, 20.5, .9
    path = trip.file(
        dict(people=[dict(pose_keypoints_2d=pose.ravel().tolist())]),
        'json/cam_000012.json')
    record, = trip.read(trip.open(path.parent))
    assert record.keypoints[0].tolist() == [30, 40]
    assert record.visible.tolist() == [True, nose is not None, False]
