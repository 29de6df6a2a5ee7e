"""Any content of a file: read or refused with a reason, no pose lost."""

import copy
import csv
import io
import json
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posefix_mm.formats import RefinedPoses, open_pose_file

NAMES = ['nose', 'left_wrist']
SIZE = 200, 100
FUZZ = settings(max_examples=115, deadline=None, derandomize=True)

POSE = [10.5, 20, .9, 30, 40, .5]
WHOLE = np.arange(1., 76).tolist()
LANDMARKS = [dict(x=.1, y=.2, z=.3, visibility=.4)] * 33
JOINTS = [dict(id=1, name='person', keypoints=NAMES)]
RECORD = dict(image_id=3, category_id=1, keypoints=POSE, score=.5, extra=[1])
IMAGE = dict(id=3, file_name='a.jpg', vid_id='1')

# format: file of a folder, or none for a single file; content
JSON_FORMATS = {
    'coco-results': (None, [RECORD, RECORD]),
    'alphapose': (None, [dict(RECORD, image_id='a.jpg', idx=[0.])]),
    'coco-annotations': (None, dict(
        images=[IMAGE], annotations=[RECORD, RECORD], categories=JOINTS)),
    'posetrack18': ('a.json', dict(
        images=[IMAGE], annotations=[dict(RECORD, scores=[.5, .6]), RECORD],
        categories=JOINTS)),
    'openpose': ('a_keypoints.json', dict(
        version=1.3, people=[dict(pose_keypoints_2d=WHOLE)] * 2)),
    'ultralytics-json': ('a.json', [{
        'class': 0, 'confidence': .5, 'box': dict(x1=1, y1=2, x2=3, y2=4),
        'keypoints': dict(x=[1, 2.5], y=[3, 4], visible=[.5, .6])}] * 2),
    'mediapipe': ('a.json', dict(pose_landmarks=[LANDMARKS, LANDMARKS])),
}

JUNK = (st.none() | st.booleans() | st.integers(-10**6, 10**6)
        | st.sampled_from([10**400, -10**30, '', 'x', '\ud800', '../x', [], {},
                           [[]], {'a': 1}, [None], 'NaN', 0, 1e308])
        | st.floats() | st.text(max_size=3)
        | st.lists(st.integers() | st.floats(), max_size=7)).map(copy.deepcopy)


def paths(value, path=()):
    """Every path of a value but the outermost."""
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from paths(inner, (*path, key))


@st.composite
def changed(draw, content):
    """Put junk in a few places, or take things away."""
    content = json.loads(json.dumps(content))  # in which nothing is shared
    for _ in range(draw(st.integers(1, 3))):
        places = list(paths(content))
        if not places:
            break
        path = draw(st.sampled_from(places))
        inner = content
        for step in path[:-1]:
            inner = inner[step]
        if draw(st.booleans()):
            inner[path[-1]] = draw(JUNK)
        elif isinstance(inner, dict):
            del inner[path[-1]]
        else:
            inner.insert(path[-1], draw(JUNK))
    return content


@st.composite
def damaged(draw, data):
    """Cut bytes off, or change one."""
    place = draw(st.integers(0, max(len(data) - 1, 0)))
    if draw(st.booleans()):
        return data[:place]
    return data[:place] + draw(st.binary(max_size=2)) + data[place + 1:]


@st.composite
def texts(draw, content):
    """Text of JSON that is like a format's, or was."""
    if draw(st.booleans()):
        content = draw(changed(content))
    elif draw(st.integers(0, 9)) == 0:
        content = draw(JUNK)
    data = json.dumps(content, indent=draw(st.sampled_from([None, 1])))
    data = data.encode('utf-8', 'surrogatepass')
    return draw(damaged(data)) if draw(st.integers(0, 3)) == 0 else data


def check(name, data, file_name, folder_file=None):
    """Read, write and read again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'in' if folder_file else file_name)
        file = path / folder_file if folder_file else path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        try:
            poses = open_pose_file(path, format=name, target_names=NAMES)
        except ValueError as error:
            assert str(path) in str(error)
            return
        check_poses(poses, path, file, Path(folder, 'out' + path.suffix))


def check_poses(poses, path, file, out):
    """All poses come back, and those without problem as they should."""
    records = read(poses)
    assert [r.index for r in records] == list(range(len(poses)))
    nothing = np.zeros(len(poses), bool)
    moved = np.full((len(poses), len(NAMES), 2), 7.25, np.float32)
    poses.write(out, RefinedPoses(nothing, nothing, moved), sizes)
    written = out / file.relative_to(path) if path.is_dir() else out
    assert written.read_bytes() == file.read_bytes()

    refined = np.array([r.problem is None for r in records], bool)
    out = out.with_name('again' + out.suffix)
    poses.write(out, RefinedPoses(refined, nothing, moved), sizes)
    again = read(open_pose_file(
        out, format=poses.name, joint_map=poses.skeleton.joint_map))
    assert len(again) == len(records)
    for old, new in zip(records, again, strict=True):
        assert (old.problem is None) == (new.problem is None)
        if old.problem is None:
            # absent joints of results may be filled in
            np.testing.assert_allclose(
                new.keypoints[old.visible], 7.25, atol=1e-3)
            np.testing.assert_array_equal(
                new.keypoint_scores, old.keypoint_scores)


def read(poses):
    """Read everything."""
    return list(poses.read(range(len(poses)), SIZE))


def sizes(index):
    """Every image has the same size."""
    return SIZE


@pytest.mark.parametrize('name', JSON_FORMATS)
def test_json(name):
    folder_file, content = JSON_FORMATS[name]

    @given(texts(content))
    @FUZZ
    def run(data):
        check(name, data, 'poses.json', folder_file)

    run()


NUMBERS = st.sampled_from(['0', '1', '.5', '-3', '0.25', '7', '2e-1'])
FIELDS = st.one_of(*[NUMBERS] * 12, st.sampled_from(
    ['1e400', 'nan', 'x', '', '1_0', 'é']))


LINES = st.lists(FIELDS, min_size=5, max_size=8).map(' '.join)


@given(st.lists(LINES.map('0 .5 .5 .1 .2 '.__add__) | LINES.map(
    '0 .5 .5 .1 .2 1 1 1 '.__add__) | st.text(max_size=8), max_size=3),
    st.sampled_from(['\n', '\r\n', '\r', '\x1c']))
@FUZZ
def test_label_files(lines, end):
    data = end.join(lines).encode('utf-8', 'surrogatepass')
    check('ultralytics-txt', data, 'poses.txt', 'a.txt')


@st.composite
def csv_files(draw):
    """A header that is nearly always right, and any rows."""
    header = [['scorer', 's', 's', 's', 's'],
              ['bodyparts', 'nose', 'nose', 'tail', 'tail'],
              ['coords', 'x', 'y', 'x', 'y']]
    if draw(st.integers(0, 4)) == 0:
        row = draw(st.integers(0, 2))
        header[row][draw(st.integers(0, 4))] = draw(st.text(max_size=3))
    cell = st.one_of(*[NUMBERS] * 6, FIELDS, st.text(max_size=4))
    rows = draw(st.lists(st.lists(cell, min_size=5, max_size=5)
                         | st.lists(cell, max_size=6), max_size=4))
    text = io.StringIO()
    csv.writer(text, lineterminator=draw(
        st.sampled_from(['\n', '\r\n']))).writerows(header + rows)
    return text.getvalue().encode('utf-8', 'surrogatepass')


@given(csv_files())
@FUZZ
def test_deeplabcut(data):
    check('deeplabcut', data, 'poses.csv')


@pytest.fixture(scope='module')
def sleap_bytes(tmp_path_factory):
    sio = pytest.importorskip('sleap_io')
    skeleton = sio.Skeleton(nodes=['nose', 'left_wrist'])
    instances = [
        sio.Instance.from_numpy(np.array([[1., 2], [3, 4]]),
                                skeleton=skeleton),
        sio.PredictedInstance.from_numpy(
            np.array([[1., 2], [3, 4]]), skeleton=skeleton,
            point_scores=np.array([.5, .6]), score=.8)
    ]
    labels = sio.Labels([sio.LabeledFrame(
        video=sio.Video(filename='a.mp4', open_backend=False), frame_idx=0,
        instances=instances)])
    path = tmp_path_factory.mktemp('sleap') / 'a.slp'
    sio.save_slp(labels, str(path), verbose=False)
    return path.read_bytes()


def test_sleap(sleap_bytes):
    h5py = pytest.importorskip('h5py')
    numbers = st.sampled_from([-1, 0, 1, 2, 3, 200, 2**31])
    columns = st.sampled_from(
        ['instances/instance_type', 'instances/skeleton', 'instances/track',
         'instances/point_id_start', 'instances/point_id_end',
         'instances/score', 'frames/instance_id_end', 'frames/video',
         'frames/frame_idx', 'points/x', 'points/visible', 'pred_points/y'])

    @given(st.lists(st.tuples(columns, numbers), max_size=3),
           st.sampled_from([None, 'points', 'frames', 'videos_json',
                            'tracks_json', 'metadata']))
    @settings(FUZZ, max_examples=60)
    def run(changes, removed):
        buffer = io.BytesIO(sleap_bytes)
        with h5py.File(buffer, 'r+') as file:
            for column, number in changes:
                table, field = column.split('/')
                rows = file[table][:]
                with np.errstate(all='ignore'):
                    rows[field][0] = np.array(number).astype(rows[field].dtype)
                file[table][...] = rows
            if removed is not None:
                del file[removed]
        check('sleap', buffer.getvalue(), 'poses.slp')

    run()


PICKLES = st.recursive(
    st.sampled_from(['nose', 'left_wrist', 'x', 'y', 'net']) | st.integers(),
    lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=12)


@given(st.lists(PICKLES | st.tuples(
    st.just('net'), st.sampled_from(NAMES), st.sampled_from('xy')),
    min_size=4, max_size=4), st.integers(0, 4), st.data())
@settings(FUZZ, max_examples=60)
def test_deeplabcut_h5(columns, protocol, data):
    h5py = pytest.importorskip('h5py')
    if data.draw(st.integers(0, 2)):
        columns = [('net', name, axis) for name in NAMES for axis in 'xy']
    values = data.draw(st.lists(st.floats(), min_size=4, max_size=4))
    table = np.zeros(1, [('index', '<i8'), ('values_block_0', '<f8', (4, ))])
    table['values_block_0'] = values
    names = pickle.dumps(columns, protocol)
    if data.draw(st.integers(0, 3)) == 0:
        names = data.draw(damaged(names))
    buffer = io.BytesIO()
    with h5py.File(buffer, 'w') as file:
        file['df/table'] = table
        file['df'].attrs['pandas_type'] = 'frame_table'
        file['df/table'].attrs['values_block_0_kind'] = np.void(
            names or b'.')
    check('deeplabcut-h5', buffer.getvalue(), 'poses.h5')


@pytest.mark.parametrize(('name', 'file', 'package'), [
    ('sleap', 'a.slp', 'sleap_io'),
    ('deeplabcut', 'a.csv', 'numpy'),
    ('deeplabcut-h5', 'a.h5', 'h5py'),
    ('coco-annotations', 'a.json', 'numpy'),
])
@given(data=st.binary(max_size=40))
@settings(FUZZ, max_examples=40)
def test_any_bytes(name, file, package, data):
    pytest.importorskip(package)
    check(name, data, file)
