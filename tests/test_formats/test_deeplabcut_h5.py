"""HDF5 files of DeepLabCut, laid out as pandas 3 and PyTables 3.11 do."""

import pickle

import numpy as np
import pytest

from posefix_mm.formats.hdf5_files import read_plain_pickle

h5py = pytest.importorskip('h5py')
NAMES = ['snout', 'tail']
COLUMNS = [('net', part, coord) for part in ('tail', 'snout')
           for coord in ('x', 'y', 'likelihood')]
VALUES = np.array([[1, 2, .9, 3, 4, .8], [5, 6, 0, np.nan, np.nan, .5]])


def write_table(path, names=COLUMNS):
    """What ``to_hdf(format='table')`` writes, without its indexes."""
    dtype = [('index', '<i8'), ('values_block_0', '<f8', (len(COLUMNS), ))]
    table = np.zeros(len(VALUES), dtype)
    table['index'], table['values_block_0'] = [0, 7], VALUES
    with h5py.File(path, 'w') as file:
        group = file.create_group('df_with_missing')
        group.attrs['pandas_type'] = np.bytes_('frame_table')
        group['table'] = table
        group['table'].attrs['values_block_0_kind'] = np.bytes_(
            pickle.dumps(names, 0))
    return path


def write_fixed(path):
    """What ``to_hdf`` writes: labels of two animals in two images."""
    levels = dict(scorer=['Ann'], individuals=['a', 'b'],
                  bodyparts=['snout', 'tail'], coords=['x', 'y'])
    codes = np.indices((1, 2, 2, 2)).reshape(4, -1)
    images = [['labeled-data'], ['m'], ['1.png', '2.png']]
    with h5py.File(path, 'w') as file:
        group = file.create_group('df_with_missing')
        group.attrs.update(
            pandas_type=np.bytes_('frame'), nblocks=1,
            axis1_variety=np.bytes_('multi'), axis1_nlevels=3,
            block0_items_variety=np.bytes_('multi'), block0_items_nlevels=4)
        for i, (name, level) in enumerate(levels.items()):
            group[f'block0_items_level{i}'] = np.array(level, 'S')
            group[f'block0_items_level{i}'].attrs['name'] = np.bytes_(name)
            group[f'block0_items_label{i}'] = codes[i].astype(np.int8)
        for i, level in enumerate(images):
            group[f'axis1_level{i}'] = np.array(level, 'S')
            group[f'axis1_label{i}'] = np.array(
                [0, len(level) - 1], np.int8)
        values = np.arange(16.).reshape(2, 8) + 1
        values[1, :4] = np.nan
        group['block0_values'] = values
    return path


def test_frames_of_a_video(tmp_path, trip):
    path = write_table(tmp_path / 'mousenet.h5')
    poses = trip.open(path)
    assert poses.name == 'deeplabcut-h5'
    assert [(i.stem, i.frame) for i in poses.images] == [
        ('mouse', 0), ('mouse', 7)]
    records = trip.read(poses)
    np.testing.assert_array_equal(
        [r.keypoints for r in records],
        [[[3, 4], [1, 2]], [[0, 0], [5, 6]]])
    np.testing.assert_allclose(
        [r.keypoint_scores for r in records], [[.8, .9], [0, 1e-6]])
    out = trip.write(poses, {0: [[3, 4.5], [1, 2]], 1: [[9, 9], [5.5, 6]]})
    with h5py.File(out) as file:
        table = file['df_with_missing/table'][:]
    expected = VALUES.copy()
    expected[0, 4], expected[1, 0] = 4.5, 5.5
    np.testing.assert_array_equal(table['values_block_0'], expected)
    np.testing.assert_array_equal(table['index'], [0, 7])


def test_labels_of_several_animals(tmp_path, trip):
    path = write_fixed(tmp_path / 'CollectedData_Ann.h5')
    poses = trip.open(path)
    assert [i.file_name for i in poses.images] == [
        'labeled-data/m/1.png', 'labeled-data/m/2.png']
    records = trip.read(poses)
    np.testing.assert_array_equal(
        [r.keypoints for r in records],
        [[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[0, 0], [0, 0]],
         [[13, 14], [15, 16]]])
    assert [r.raw['individual'] for r in records] == ['a', 'b', 'a', 'b']
    assert records[2].problem.code == 'no_keypoint'
    out = trip.write(poses, {3: [[13, 14], [15, 17]]}, dropped=[0])
    with h5py.File(out) as file:
        values = file['df_with_missing/block0_values'][:]
    nan = [np.nan] * 4
    np.testing.assert_array_equal(
        values, [[*nan, 5, 6, 7, 8], [*nan, 13, 14, 15, 17]])


@pytest.mark.parametrize('write', [write_table, write_fixed])
def test_untouched_files_come_back_byte_for_byte(write, tmp_path, trip):
    path = write(tmp_path / 'mousenet.h5')
    poses = trip.open(path)
    trip.check_untouched(poses)


class Run:
    """Unpickling it would leave a trace."""

    def __reduce__(self):
        return exec, ("raise SystemExit('it ran')", )


@pytest.mark.parametrize(('columns', 'message'), [
    ([Run()], 'a pickle that is no list of names'),
    (COLUMNS[:-1] + ['x'], 'its columns are called'),
])
def test_pickles_are_not_run(columns, message, trip):
    path = write_table(trip.folder / 'a.h5', names=columns)
    with pytest.raises(ValueError, match=message):
        trip.open(path)


@pytest.mark.parametrize('protocol', range(6))
@pytest.mark.parametrize('value', [
    COLUMNS, [], ['a', 'ä'], [('a', ), ('a', 'b')], [[['x']], ('y', 'y')]])
def test_plain_pickles_of_any_protocol(protocol, value):
    assert read_plain_pickle(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize('data', [
    b'', b'.', b'(lp0\n', b'g7\n.', pickle.dumps({'a': 1}),
    pickle.dumps(len), pickle.dumps([3]), b'Vx\nVy\na.'])
def test_other_pickles(data):
    with pytest.raises(ValueError, match='pickle'):
        read_plain_pickle(data)


@pytest.mark.parametrize('data', [b'', b'no HDF5', b'\x89HDF\r\n\x1a\n'])
def test_other_files(data, trip):
    with pytest.raises(ValueError, match='a.h5 is no table of DeepLabCut that'
                       ' can be read: .*analyze_videos_converth5_to_csv'):
        trip.open(data, 'a.h5')


def test_a_file_without_a_data_frame(trip):
    path = trip.folder / 'a.h5'
    with h5py.File(path, 'w') as file:
        file['x'] = [1]
    with pytest.raises(ValueError, match='it has no data frame of pandas'):
        trip.open(path)


def test_an_analysis_file_of_sleap(trip):
    path = trip.folder / 'cam01.analysis.h5'
    with h5py.File(path, 'w') as file:
        file['tracks'] = file['track_occupancy'] = np.zeros((1, 2))
    with pytest.raises(ValueError, match=r'SLEAP.*name the \.slp file that '
                       'it was exported from$'):
        trip.open(path, format='deeplabcut-h5')
