"""The .h5 of SLEAP's analysis export, as SLEAP writes it."""

import numpy as np
import pytest

h5py = pytest.importorskip('h5py')

NAMES = ['nose', 'tail']


def analysis(trip, **changed):
    """Two tracks in three frames; the second one is in the last alone."""
    tracks = np.full((2, 2, 2, 3), np.nan)
    tracks[0, :, :, 0] = [[10, 30], [20, 40]]  # x of the nodes, y of them
    tracks[0, :, 0, 2] = 11, 21
    tracks[1, :, :, 2] = [[50, 60], [55, 65]]
    point_scores = np.full((2, 2, 3), np.nan)
    point_scores[0, :, 0] = .5, .25
    scores = np.full((2, 3), np.nan)
    scores[0, 0] = .75
    contents = dict(
        tracks=tracks, track_names=np.array([b'a', b'b']),
        node_names=np.array([b'nose', b'tail']), point_scores=point_scores,
        instance_scores=scores, video_path=b'C:\\data\\cam01.mp4',
        track_occupancy=np.ones((3, 2), np.uint8)) | changed
    path = trip.folder / 'a.analysis.h5'
    with h5py.File(path, 'w') as file:
        for name, content in contents.items():
            if content is not None:
                file[name] = content
    return path


def test_tracks_of_a_video(trip):
    poses = trip.open(analysis(trip))
    assert poses.name == 'sleap-analysis'
    images = [poses.images[i] for i in poses.image_index]
    assert [(i.file_name, i.frame) for i in images] == [
        ('cam01.mp4', 0), ('cam01.mp4', 2), ('cam01.mp4', 2)]
    first, second, third = trip.read(poses)
    assert first.keypoints.tolist() == [[10, 20], [30, 40]]
    assert first.keypoint_scores.tolist() == [.5, .25]
    assert (first.score, second.score) == (.75, 1)
    assert second.keypoints.tolist() == [[11, 21], [0, 0]]
    assert second.visible.tolist() == [True, False]
    assert third.keypoints.tolist() == [[50, 55], [60, 65]]
    assert poses.other_fields(third) == dict(individual='b')


def test_only_refined_points_change(trip):
    poses = trip.open(analysis(trip))
    out = trip.write(poses, {0: [[10, 20], [30.5, 41]],
                             1: [[12, 21], [9, 9]]}, dropped=[2])
    with h5py.File(out) as after, h5py.File(poses.path) as before:
        assert after.keys() == before.keys()
        expected = before['tracks'][:]
        expected[0, :, 1, 0] = 30.5, 41
        expected[0, 0, 0, 2] = 12
        expected[1, :, :, 2] = np.nan
        np.testing.assert_array_equal(after['tracks'][:], expected)
    trip.out = trip.folder / 'same.h5'
    trip.check_untouched(poses)


def test_without_scores(trip):
    poses = trip.open(analysis(trip, point_scores=None, instance_scores=None))
    assert [r.score for r in trip.read(poses)] == [1, 1, 1]


@pytest.mark.parametrize(('changed', 'text'), [
    (dict(node_names=None), "no analysis file of SLEAP: .*node_names"),
    (dict(tracks=np.zeros((3, 2, 2, 2)), node_names=np.array([b'a'])),
     r'its tracks are \(3, 2, 2, 2\), not \(tracks, 2, 1 nodes, frames\)'),
    (dict(point_scores=np.zeros(3)), r'its point_scores are \(3,\)'),
])
def test_damaged_files(trip, changed, text):
    with pytest.raises(ValueError, match=f'a.analysis.h5 is {text}.*; name '
                       r'the \.slp file' if 'no an' in text else text):
        trip.open(analysis(trip, **changed))


@pytest.mark.parametrize('name', ['tracks', 'video_path'])
def test_nothing_is_read_from_another_file(trip, name) -> None:
    other = analysis(trip).rename(trip.folder / 'other.h5')
    path = analysis(trip, **{name: None})
    with h5py.File(path, 'r+') as file:
        file[name] = h5py.ExternalLink(str(other), name)
    with pytest.raises(ValueError, match=f'its {name} lie in another file'):
        trip.open(path)
