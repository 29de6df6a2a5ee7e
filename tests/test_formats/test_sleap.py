"""SLEAP's files."""

import shutil

import numpy as np
import pytest

sio = pytest.importorskip('sleap_io')
h5py = pytest.importorskip('h5py')
NAMES = ['tail', 'nose', 'wing']


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """Two frames of a video and an image, users' and predicted instances."""
    skeleton = sio.Skeleton(nodes=['nose', 'ear', 'tail'])
    videos = [
        sio.Video(filename=r'C:\clips\mouse.mp4', open_backend=False),
        sio.Video(filename=['x/a.png', 'x/b.png'], open_backend=False),
    ]
    nan = [np.nan, np.nan]
    user = sio.Instance.from_numpy(
        np.array([[1.5, 2], [3, 4], nan]), skeleton=skeleton,
        track=sio.Track('one'))
    predicted = sio.PredictedInstance.from_numpy(
        np.array([[10., 20], [30, 40], [50, 60]]), skeleton=skeleton,
        point_scores=np.array([.5, .6, 0]), score=.8)
    other = sio.Instance.from_numpy(
        np.array([[5., 6], [7, 8], [9, 10]]), skeleton=skeleton)
    labels = sio.Labels([
        sio.LabeledFrame(video=videos[0], frame_idx=7,
                         instances=[user, predicted]),
        sio.LabeledFrame(video=videos[1], frame_idx=1, instances=[other]),
    ])
    labels.provenance['mine'] = 'kept'
    path = tmp_path_factory.mktemp('sleap') / 'labels.slp'
    sio.save_slp(labels, str(path))
    return path


@pytest.fixture
def changed(made, trip):
    """A copy, which is changed before it is opened."""

    def run(change):
        path = shutil.copyfile(made, trip.folder / 'changed.slp')
        with h5py.File(path, 'r+') as file:
            change(file)
        return path

    return run


def tables(path):
    with h5py.File(path) as file:
        found = {}
        file.visititems(lambda name, item: found.update({
            name: item[()]}) if isinstance(item, h5py.Dataset) else None)
        return found, dict(file['metadata'].attrs)


def test_reads_users_and_predicted_instances(made, trip):
    poses = trip.open(made)
    assert poses.name == 'sleap' and len(poses) == 3
    assert [(i.file_name, i.frame) for i in poses.images] == [
        ('mouse.mp4', 7), ('x/b.png', None)]
    np.testing.assert_array_equal(poses.image_index, [0, 0, 1])
    records = trip.read(poses)
    np.testing.assert_array_equal(
        [r.keypoints for r in records],
        [[[0, 0], [1.5, 2], [0, 0]], [[50, 60], [10, 20], [0, 0]],
         [[9, 10], [5, 6], [0, 0]]])
    np.testing.assert_array_equal(
        [r.visible for r in records],
        [[False, True, False], [True, True, False], [True, True, False]])
    np.testing.assert_allclose([r.score for r in records], [1, .8, 1])
    assert records[1].keypoint_scores[0] == pytest.approx(1e-6)
    assert all(r.problem is None for r in records)


def test_invisible_points_are_absent_and_stay(changed, trip):
    def hide(file):
        points = file['points'][:]
        points['visible'][3] = False
        file['points'][...] = points

    poses = trip.open(changed(hide))
    np.testing.assert_array_equal(
        trip.read(poses)[2].visible, [True, False, False])
    trip.write(poses, {2: [[9, 11], [50, 60], [0, 0]]})
    with h5py.File(trip.out) as file:
        np.testing.assert_array_equal(file['points']['x'][3:], [5, 7, 9])
        np.testing.assert_array_equal(file['points']['y'][3:], [6, 8, 11])


def test_only_moved_points_change(made, trip):
    poses = trip.open(made)
    out = trip.write(poses, {
        0: [[77, 77], [1.5, 2.25], [9, 9]],
        1: [[50, 60], [11, 20], [9, 9]],
    })
    (before, attributes), (after, same) = tables(made), tables(out)
    assert attributes == same
    before['points']['y'][0], before['pred_points']['x'][0] = 2.25, 11
    assert before.keys() == after.keys()
    for name, table in before.items():
        # as text, in which NaN equals NaN
        assert repr(np.array(table)) == repr(np.array(after[name])), name


def test_untouched_files_come_back_byte_for_byte(made, trip):
    poses = trip.open(made)
    trip.check_untouched(poses)


def test_dropped_instances_keep_their_row(made, trip):
    poses = trip.open(made)
    out = trip.open(trip.write(poses, dropped=[1]), format='sleap')
    assert trip.codes(out) == [None, 'no_keypoint', None]


def test_old_files_have_their_origin_at_a_corner(changed, trip):
    def age(file):
        file['metadata'].attrs['format_id'] = 1.0
        rows = file['instances'][:]
        del file['instances']
        file['instances'] = rows[list(rows.dtype.names[:-1])]

    poses = trip.open(changed(age))
    record = trip.read(poses)[2]
    np.testing.assert_array_equal(record.keypoints[0], [8.5, 9.5])
    # as sleap-io reads it
    out = trip.write(poses, {2: [[8.5, 11], [4.5, 5.5], [0, 0]]})
    with h5py.File(out) as file:
        np.testing.assert_array_equal(file['points']['y'][3:], [6, 8, 11.5])


def test_tables_in_other_files_are_refused(made, changed, trip):
    def link(file):
        del file['points']
        file['points'] = h5py.ExternalLink(str(made), 'points')

    with pytest.raises(ValueError, match='changed.slp is no SLEAP file: '
                       'its points lie in another file'):
        trip.open(changed(link))


@pytest.mark.parametrize('content', [b'', b'no HDF5', b'\x89HDF\r\n\x1a\n'])
def test_other_files(content, trip):
    with pytest.raises(ValueError, match='labels.slp is no SLEAP file'):
        trip.open(content, 'labels.slp')


def test_the_message_names_the_extra(made, monkeypatch, trip):
    monkeypatch.setitem(__import__('sys').modules, 'sleap_io', None)
    with pytest.raises(ImportError, match=r'pip install posefix_mm\[formats'):
        trip.open(made)


def test_texts_of_a_fixed_length(made, changed, trip):
    """As SLEAP itself writes them, not sleap-io."""
    def pad(file):
        for name in ('videos_json', 'tracks_json'):
            texts = [bytes(text) for text in file[name][:]]
            del file[name]
            file[name] = np.array(texts, f'S{max(map(len, texts)) + 3}')

    expected, poses = trip.open(made), trip.open(changed(pad))
    assert poses.images == expected.images
    assert len(poses) == len(expected)
