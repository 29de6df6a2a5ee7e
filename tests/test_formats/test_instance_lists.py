"""Lists of people of mmpose's inferencers, OpenPifPaf, ViTPose and others."""

import json
import re

import numpy as np
import pytest

from posefix_mm.images.image_finder import ImageFinder

NAMES = ['nose', 'tail']
PAIRS = [[10., 20.], [30., 40.]]
PERSON = dict(keypoints=PAIRS, keypoint_scores=[.5, 0.], bbox_score=.75)
TRIPLES = [[10, 20, .5], [30, 40, 0]]
FLAT = [10, 20, .5, 30, 40, 0]


def check(trip, poses, scores=(.75, )):
    """All people are the same; the second joint is absent."""
    for record, score in zip(trip.read(poses), scores, strict=True):
        assert record.problem is None
        assert record.keypoints.tolist() == [[10, 20], [0, 0]]
        assert record.visible.tolist() == [True, False]
        assert record.score == pytest.approx(score)


@pytest.mark.parametrize('person', [
    PERSON,
    dict(keypoints=TRIPLES, bbox_score=.75),
    dict(keypoints=FLAT, score=.75, bbox=[1, 2, 3, 4], category_id=1),
    dict(keypoints=PAIRS, scores=[.5, 0.], labels=[0, 1], score=.75),
    dict(keypoints=[10, 20, 30, 40], keypoint_scores=[.5, 0], score=.75),
    dict(keypoints=[10, 20, 0, 0], score=.75),
    dict(keypoints=[[10, 20], [-1, -1]], score=.75),
    dict(keypoints=[dict(x=10, y=20, score=.5), dict(x=3, y=4, score=0)],
         score=.75),
    dict(PERSON, keypoints=[[10., 20.], [None, None]],
         keypoint_scores=[.5, None]),
    # by ultralytics
    dict(keypoints=dict(x=[10, 30], y=[20, 40], visible=[.5, 0]),
         confidence=.75, track_id=1),
])
def test_people_of_an_image(trip, person):
    poses = trip.open([person], '000139.json', format='instances')
    assert (poses.name, len(poses.images)) == ('instances', 1)
    assert poses.images[0].stem == '000139'
    assert poses.images[0].frame is None
    check(trip, poses)
    out = json.loads(trip.write(poses, {0: [[11, 20], [5, 5]]}).read_text())
    expected = json.loads(json.dumps([person]))
    places = expected[0]['keypoints']
    if isinstance(places, dict):
        places['x'][0] = 11.0
    elif isinstance(places[0], dict):
        places[0]['x'] = 11.0
    else:
        target = places[0] if isinstance(places[0], list) else places
        target[0] = 11.0
    assert out == expected


FRAMES = [dict(frame_id=0, instances=[PERSON]), dict(frame_id=1, instances=[]),
          dict(frame_id=4, instances=[PERSON])]


@pytest.mark.parametrize(('content', 'name', 'stem', 'frames'), [
    (FRAMES, 'cam01.json', 'cam01', [0, 4]),
    (dict(meta_info=dict(dataset_name='x'), instance_info=FRAMES),
     'results_cam01.json', 'cam01', [0, 4]),
    # mmpose's demos count from 1
    (dict(meta_info={}, instance_info=[
        dict(frame_id=1, instances=[]), dict(frame_id=2, instances=[PERSON])]),
     'results_cam01.json', 'cam01', [1]),
    ([dict(frame=3, predictions=[PERSON])], 'cam01.mp4.json', 'cam01', [3]),
    ([[], [PERSON], [PERSON]], 'cam01.json', 'cam01', [1, 2]),
    (dict(frames=[dict(frame_index=7, people=[PERSON])]), 'cam01.json',
     'cam01', [7]),
    ({'0': [PERSON], '12': [PERSON]}, 'cam01.json', 'cam01', [0, 12]),
])
def test_frames_of_a_video(trip, content, name, stem, frames):
    poses = trip.open(content, name)
    assert poses.name == 'instances'
    assert [(i.stem, i.frame) for i in poses.images] == [
        (stem, frame) for frame in frames]
    check(trip, poses, [.75] * len(frames))
    trip.check_untouched(poses)


def test_lines_of_openpifpaf(trip):
    """Frames from 1 on, a line for each."""
    person = dict(keypoints=FLAT, score=.75)
    lines = [json.dumps(dict(frame=i + 1, predictions=[person] * i))
             for i in range(3)]
    poses = trip.open('\n'.join(lines) + '\n', 'cam01.mp4.openpifpaf.json')
    assert [(i.stem, i.frame) for i in poses.images] == [
        ('cam01', 1), ('cam01', 2)]
    check(trip, poses, [.75] * 3)
    out = trip.write(poses, {1: [[10, 21.5], [0, 0]]}).read_text()
    assert out == '\n'.join(
        [*lines[:2], lines[2].replace('20, 0.5', '21.5, 0.5', 1), ''])


def test_an_image_of_openpifpaf(trip):
    poses = trip.open([dict(keypoints=FLAT, score=.75, bbox=[1, 2, 3, 4],
                            category_id=1)], 'a.jpg.predictions.json')
    assert [i.stem for i in poses.images] == ['a']


def test_easy_vitpose_writes_y_before_x(trip):
    content = dict(keypoints=[{}, {'0': [[20, 10, .5], [40, 30, 0]]}],
                   skeleton={'0': 'nose', '1': 'tail'})
    poses = trip.open(content, 'cam01.json')
    assert [(i.stem, i.frame) for i in poses.images] == [('cam01', 1)]
    check(trip, poses, [.5])
    out = json.loads(trip.write(poses, {0: [[11, 20], [0, 0]]}).read_text())
    assert out['keypoints'][1]['0'][0] == [20, 11, .5]


def test_names_of_images_in_frames(trip):
    content = [dict(image_name='a/1.jpg', instances=[PERSON])]
    poses = trip.open(content, 'cam01.json')
    assert [i.file_name for i in poses.images] == ['a/1.jpg']


def test_names_of_joints(trip):
    content = dict(
        meta_info=dict(keypoint_id2name={'0': 'tail', '1': 'nose'}),
        instance_info=[dict(frame_id=0, instances=[PERSON])])
    record, = trip.read(trip.open(content))
    assert record.keypoints.tolist() == [[0, 0], [10, 20]]


@pytest.mark.parametrize('points', [
    dict(tail=[30, 40, 0], nose=[10, 20, .5]),
    [dict(name='tail', x=30, y=40, score=0),
     dict(name='nose', x=10, y=20, score=.5)],
])
def test_points_with_names(trip, points):
    """In any order; a joint that only others have is absent."""
    fewer = points[1:] if isinstance(points, list) \
        else dict(nose=points['nose'])
    poses = trip.open([dict(image_id=3, keypoints=points),
                       dict(image_id=4, keypoints=fewer)])
    assert [i.image_id for i in poses.images] == [3, 4]
    check(trip, poses, [.5, .5])
    out = json.loads(trip.write(
        poses, {1: [[10, 21], [0, 0]]}).read_text())[1]['keypoints']
    assert out == (dict(nose=[10, 21.0, .5]) if isinstance(points, dict)
                   else [dict(name='nose', x=10, y=21.0, score=.5)])


STACK = dict(keypoints=[PAIRS, PAIRS], keypoint_scores=[[.5, 0.]] * 2,
             bboxes=[[1, 2, 3, 4], [5, 6, 7, 8]], bbox_scores=[.75, .75])


@pytest.mark.parametrize(('content', 'images'), [
    ([dict(STACK, frame_idx=2), dict(STACK, frame_idx=5)],
     [('cam01', 2), ('cam01', 5)]),
    ({'a.jpg': STACK, 'b/2.png': STACK}, [('a.jpg', None), ('b/2.png', None)]),
])
def test_poses_in_one_list(trip, content, images):
    """Arrays of an image; what goes is dropped from each of them."""
    poses = trip.open(content, 'cam01.json')
    assert poses.name == 'instances'
    assert [(i.file_name or i.stem, i.frame) for i in poses.images] == images
    check(trip, poses, [.75] * 4)
    assert poses.read_one(1).raw['bbox'] == [5, 6, 7, 8]
    out = json.loads(trip.write(
        poses, {1: [[11, 20], [0, 0]]}, dropped=[0]).read_text())
    first = out[0] if isinstance(out, list) else out['a.jpg']
    assert first['keypoints'] == [[[11.0, 20.], [30., 40.]]]
    assert first['bboxes'] == [[5, 6, 7, 8]]
    assert first['keypoint_scores'] == [[.5, 0.]]


@pytest.mark.parametrize('content', [
    {'a.jpg': [TRIPLES], 'b.jpg': [TRIPLES]},
    {'info': {'fps': 3}, 'detections': [
        dict(image_path='a.jpg', keypoints=FLAT),
        dict(image_path='b.jpg', keypoints=FLAT)]},
    {'data': [dict(image_path=f'{n}.jpg', keypoints=FLAT) for n in 'ab']},
    {'people': [dict(image_id=f'{n}.jpg', keypoints=FLAT) for n in 'ab']},
    {n: dict(predictions=[dict(keypoints=FLAT)]) for n in ('a.jpg', 'b.jpg')},
    [dict(file_name=f'{n}.jpg', annotations=[dict(keypoints=FLAT)])
     for n in 'ab'],
])
def test_names_of_images(trip, content):
    poses = trip.open(content, 'cam01.json')
    assert poses.name == 'instances'
    assert [i.file_name for i in poses.images] == ['a.jpg', 'b.jpg']
    check(trip, poses, [.5, .5])


def test_a_single_frame_is_an_image(trip):
    """A list of one list, and what tools add to the name of an image."""
    person = [[20, 10, .5], [40, 30, 0]]  # y, x
    poses = trip.open(dict(
        keypoints=[{'0': person}], skeleton={'0': 'nose', '1': 'tail'}),
        'a_result.json')
    image, = poses.images
    assert image.frame is None
    check(trip, poses, [.5])
    (trip.folder / 'a.jpg').touch()
    assert ImageFinder(trip.folder).locate(image).path.name == 'a.jpg'


@pytest.mark.parametrize(('content', 'name', 'images'), [
    (TRIPLES, '7.json', [('7', None)]),
    ([TRIPLES], '7.json', [('7', None)]),
    ([TRIPLES, TRIPLES], '7.json', [('7', None)] * 2),
    ([FLAT, FLAT], '7.json', [('7', None)] * 2),
    ([[TRIPLES], [], [FLAT, FLAT]], 'cam01.json',
     [('cam01', 0), ('cam01', 2), ('cam01', 2)]),
    ({'a.jpg': TRIPLES, 'b.jpg': [FLAT]}, 'x.json',
     [('a.jpg', None), ('b.jpg', None)]),
    (dict(image='a.jpg', keypoints=[TRIPLES]), 'x.json', [('a.jpg', None)]),
    (dict(image='a.jpg', predictions=[dict(keypoints=FLAT)]), 'x.json',
     [('a.jpg', None)]),
    (dict(image_id=5, keypoints=TRIPLES), 'x.json', [(5, None)]),
])
def test_bare_poses(trip, content, name, images):
    """Lists of numbers: of a joint, a pose, an image or a video."""
    poses = trip.open(content, name)
    assert poses.name == 'instances'
    found = [poses.images[i] for i in poses.image_index]
    assert [(i.file_name or i.stem or i.image_id, i.frame)
            for i in found] == images
    check(trip, poses, [.5] * len(images))
    out = trip.write(poses, {0: [[10, 21.5], [0, 0]]}).read_text()
    assert out == json.dumps(content).replace('10, 20', '10, 21.5', 1)


@pytest.mark.parametrize('field', ['instances', 'pred_instances', 'results'])
def test_a_stack_of_people_in_a_frame(trip, field):
    """As mmpose's data samples; x comes before y."""
    poses = trip.open([{'img_path': 'a.jpg', field: STACK},
                       {'img_path': 'b.jpg', field: STACK}])
    assert [i.file_name for i in poses.images] == ['a.jpg', 'b.jpg']
    check(trip, poses, [.75] * 4)


@pytest.mark.parametrize('name', ['part', 'class', 'label'])
def test_names_of_points_that_are_left_out(trip, name):
    """In a folder that begins with an empty file; not all have the tail."""
    points = [{name: 'nose', 'x': 10, 'y': 20, 'confidence': .5},
              {name: 'tail', 'x': 3, 'y': 4, 'confidence': .5}]
    for file, keypoints in (('a', None), ('b', points[:1]), ('c', points)):
        trip.file(dict(predictions=[] if keypoints is None else [
            dict(keypoints=keypoints)]), f'{file}.json')
    poses = trip.open(trip.folder)
    assert [i.stem for i in poses.images] == ['b', 'c']
    first, second = trip.read(poses)
    assert first.visible.tolist() == [True, False]
    assert second.keypoints.tolist() == [[10, 20], [3, 4]]


@pytest.mark.parametrize('labels', [[1], [0]])
def test_labels_of_points_that_are_left_out(trip, labels):
    """As transformers writes poses of ViTPose with a threshold."""
    person = dict(keypoints=[[10, 20]], scores=[.5], labels=labels)
    poses = trip.open([person])
    [record] = trip.read(poses)
    assert record.visible.tolist() == [0 in labels, 1 in labels]
    moved = np.where(record.visible[:, None], [11, 20], 0)
    out = json.loads(trip.write(poses, {0: moved}).read_text())
    assert out == [dict(person, keypoints=[[11., 20]])]


def test_places_of_points_in_objects(trip):
    """PoseNet's."""
    points = [dict(part='tail', position=dict(x=30, y=40), score=0),
              dict(part='nose', position=dict(x=10, y=20), score=.5)]
    poses = trip.open([dict(score=.75, keypoints=points)])
    check(trip, poses)
    out = json.loads(trip.write(poses, {0: [[11, 20], [0, 0]]}).read_text())
    assert out[0]['keypoints'][1]['position'] == dict(x=11., y=20)


def test_points_of_one_name_have_none(trip):
    points = [dict(label='point', x=10, y=20, score=.5),
              dict(label='point', x=30, y=40, score=0)]
    check(trip, trip.open([dict(keypoints=points)], format='instances'), [.5])


@pytest.mark.parametrize('end', ['\n', '\n\n'])
def test_lines_of_people(trip, end):
    points = [dict(name='tail', x=30, y=40, score=0),
              dict(name='nose', x=10, y=20, score=.5)]
    text = end.join(json.dumps(dict(image_file=f'{n}.jpg', keypoints=points))
                    for n in 'ab')
    poses = trip.open(text, 'a.jsonl')
    assert poses.name == 'instances'
    assert [i.file_name for i in poses.images] == ['a.jpg', 'b.jpg']
    check(trip, poses, [.5, .5])


def test_videos_of_frames(trip):
    """The only video in the folder is not taken for one with a suffix."""
    poses = trip.open([dict(video='x/cam02.mp4', frame=3, keypoints=TRIPLES),
                       dict(video_name='cam03', frame=0, people=[PERSON])])
    first, second = poses.images
    assert (first.file_name, first.frame) == ('x/cam02.mp4', 3)
    assert (second.file_name, second.frame) == ('cam03', 0)
    (trip.folder / 'cam01.mp4').touch()
    with pytest.raises(LookupError, match='cam02.mp4'):
        ImageFinder(trip.folder).locate(first)
    (trip.folder / 'cam03.mp4').touch()
    found = ImageFinder(trip.folder).locate(second)
    assert (found.path.name, found.frame) == ('cam03.mp4', 0)


def test_people_by_their_numbers_below_a_name(trip):
    """x before y, unlike easy_ViTPose's frames."""
    check(trip, trip.open([dict(image='a.jpg', people={'0': TRIPLES})]), [.5])


def test_people_who_name_their_images_in_lists(trip):
    poses = trip.open([[dict(image=f'{n}.jpg', keypoints=FLAT)] * 2
                       for n in 'ab'])
    assert [poses.images[i].file_name for i in poses.image_index] == [
        'a.jpg', 'a.jpg', 'b.jpg', 'b.jpg']
    check(trip, poses, [.5] * 4)


@pytest.mark.parametrize('visible', [[True, False], [2, 0]])
@pytest.mark.parametrize('name', ['visible', 'v'])
def test_points_that_are_not_visible(trip, name, visible):
    points = [{'x': x, 'y': y, name: one}
              for (x, y), one in zip(PAIRS, visible, strict=True)]
    check(trip, trip.open([dict(keypoints=points, score=.75)],
                          format='instances'))


def test_frames_that_are_files(trip):
    poses = trip.open([dict(frame='a_1.jpg', keypoints=TRIPLES),
                       dict(image_id=7, predictions=[PERSON])])
    first, second = poses.images
    assert (first.file_name, first.frame, second.image_id) == (
        'a_1.jpg', None, 7)


def test_names_that_are_none(trip):
    """Bones, maybe, instead of joints."""
    with pytest.raises(ValueError, match=r'the file has \[1, 2\]; the refiner '
                       'has nose, tail; name another joint map'):
        trip.open(dict(skeleton={'0': [1, 2]}, keypoints=[{'0': TRIPLES}]))


def test_a_folder(trip):
    for name in 'ab':
        trip.file([PERSON] * (name == 'b'), f'{name}.json')
    poses = trip.open(trip.folder)
    assert [i.stem for i in poses.images] == ['b']
    assert [i.stem for i in poses.images_without_poses()] == ['a']


@pytest.mark.parametrize(('content', 'code'), [
    ([dict(PERSON, keypoint_scores=[.5])], 'keypoint_count'),
    ([dict(PERSON, keypoints='x')], 'keypoints'),
    ([dict(PERSON, keypoints=[[1, 2], [3]])], 'keypoints'),
    ([dict(PERSON, keypoints=[[1, 2, 3, 4]] * 2)], 'keypoint_count'),
    ([dict(frame_id='x', instances=[PERSON])], 'unreadable_file'),
    ([dict(frame_id=1, instances=3)], 'unreadable_file'),
    ([dict(frame_id=1, instances=[3])], 'not_an_object'),
    ([dict(frame_id=1, instances=dict(boxes=[[1, 2, 3, 4]], joints=[PAIRS]))],
     'unreadable_file'),
    ([[[TRIPLES], [[.5, 0.]]]] * 2, 'unreadable_file'),
    ([dict(PERSON, bbox_score=0)], 'score_not_positive'),
    ([dict(keypoints=[PAIRS], keypoint_scores=[])], 'keypoint_count'),
    ([dict(keypoints=[PAIRS], keypoint_scores={})], 'keypoints'),
])
def test_problems(trip, content, code):
    poses = trip.open(content, format='instances')
    assert trip.codes(poses) == [code]
    trip.check_untouched(poses)
    assert np.isin(poses.image_index, (-1, 0)).all()


@pytest.mark.parametrize('number', ['Infinity', 'NaN', '1.5'])
def test_frames_have_whole_numbers(trip, number) -> None:
    poses = trip.open('[{"frame_id": %s, "instances": []}]' % number,
                      'video.json', format='instances')
    [record] = poses.read([0])
    assert re.fullmatch(r'video.json has a frame called (inf|nan|1\.5)',
                        record.problem)


@pytest.mark.parametrize('key', ['139', '000139'])
def test_numbers_of_pictures(trip, key):
    """A key is a picture of the folder, unless the file is that of a video."""
    poses = trip.open({key: [PERSON]}, 'clip.json')
    check(trip, poses)
    image, = poses.images
    assert (image.image_id, image.stem, image.frame) == (key, 'clip', 139)
    with pytest.raises(LookupError, match='139'):
        ImageFinder(trip.folder).locate(image)
    (trip.folder / 'a_139.jpg').touch()
    (trip.folder / 'other.mp4').touch()
    found = ImageFinder(trip.folder).locate(image)
    assert (found.path.name, found.frame) == ('a_139.jpg', None)
    listed = [dict(id=139, file_name='b.jpg'), dict(id=1, file_name='139.jpg')]
    (trip.folder / 'b.jpg').touch()
    if key == '139':
        found = ImageFinder(trip.folder, listed).locate(image)
        assert found.path.name == 'b.jpg'
    (trip.folder / 'clip.mp4').touch()
    found = ImageFinder(trip.folder).locate(image)
    assert (found.path.name, found.frame) == ('clip.mp4', 139)


def test_a_folder_of_lines(trip):
    """A person a line: in the file of an image, or with names of images."""
    line = json.dumps(PERSON)
    trip.file(f'{line}\n{line}\n', 'd/000001.jsonl')
    trip.file(f'{line}\n', 'd/000002.jsonl')
    named = json.dumps(dict(image_id=3, category_id=1, keypoints=FLAT,
                            score=.75))
    trip.file(f'{named}\n{named}\n', 'd/part.ndjson')
    poses = trip.open(trip.folder / 'd')
    assert poses.name == 'instances'
    assert [(i.stem, i.image_id) for i in poses.images] == [
        ('000001', None), ('000002', None), (None, 3)]
    check(trip, poses, [.75] * 5)
    out = trip.write(poses, {1: [[11, 20], [0, 0]], 4: [[10, 22], [0, 0]]})
    moved = line.replace('10.0', '11.0')
    assert (out / '000001.jsonl').read_text() == f'{line}\n{moved}\n'
    assert (out / 'part.ndjson').read_text() == named + '\n' + named.replace(
        '20', '22.0') + '\n'


@pytest.mark.parametrize('person', [
    dict(keypoints=FLAT, score=.75),
    dict(keypoints=[dict(y=20, x=10, score=.5, name='nose'),
                    dict(y=40, x=30, score=0, name='tail')], score=.75),
    dict(keypoints=dict(nose=[10, 20, .5], tail=[30, 40, 0]), score=.75),
    dict(keypoints=dict(x=[10, 30], y=[20, 40], visible=[.5, 0]), score=.75),
    dict(image_id=7, category_id=1, keypoints=FLAT, score=.75)])
def test_a_single_person(trip, person):
    """As MoveNet's or a tool's of one person: no list around it."""
    poses = trip.open(person, '000139.json')
    assert poses.name == 'instances'
    assert poses.images[0].label == person.get('image_id', '000139')
    check(trip, poses)


def test_columns_of_images_by_name(trip):
    """ultralytics' tables: their file is not that of an image."""
    poses = trip.open([dict(image='a.jpg', confidence=.75, keypoints=dict(
        x=[10, 30], y=[20, 40], visible=[.5, 0]))])
    assert (poses.name, poses.images[0].file_name) == ('instances', 'a.jpg')
    check(trip, poses)
