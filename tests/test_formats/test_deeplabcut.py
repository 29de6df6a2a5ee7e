"""CSV files of DeepLabCut."""

import numpy as np
import pytest

NAMES = ['snout', 'tail', 'wing']

LABELS = """\
scorer,,,Ann,Ann,Ann,Ann,Ann,Ann
bodyparts,,,tail,tail,ear,ear,snout,snout
coords,,,x,y,x,y,x,y
labeled-data,mouse,img01.png,30.50,40.0,5.0,6.0,10,20
labeled-data,mouse,img02.png,,,7.123456789012345,8.0,11.0,21.0

labeled-data,mouse,img03.png,,,,,,
"""

VIDEO = """\
scorer,DLC_net,DLC_net,DLC_net,DLC_net,DLC_net,DLC_net
individuals,a,a,a,b,b,b
bodyparts,snout,snout,snout,snout,snout,snout
coords,x,y,likelihood,x,y,likelihood
0,1.0,2.0,0.9,3.0,4.0,0.5
1,,,,5.0,6.0,0.0
"""


FILE = 'CollectedData_Ann.csv'


def test_labels_of_images(trip):
    poses = trip.open(LABELS, FILE)
    assert poses.name == 'deeplabcut' and len(poses) == 3
    assert [i.file_name for i in poses.images] == [
        f'labeled-data/mouse/img0{i}.png' for i in (1, 2, 3)]
    records = trip.read(poses)
    np.testing.assert_array_equal(
        records[0].keypoints, [[10, 20], [30.5, 40], [0, 0]])
    np.testing.assert_array_equal(records[0].keypoint_scores, [1, 1, 0])
    np.testing.assert_array_equal(records[1].visible, [True, False, False])
    assert trip.codes(poses) == [None, None, 'no_keypoint']


@pytest.mark.parametrize('end', ['\n', '\r\n'])
def test_only_cells_of_moved_parts_change(trip, end):
    text = LABELS.replace('\n', end)
    poses = trip.open(text, FILE)
    out = trip.write(poses, {
        0: [[10, 20], [30.5, 41.25], [9, 9]],
        1: [[11.0004, 22], [9, 9], [9, 9]],
    })
    expected = text.replace('30.50,40.0', '30.50,41.25').replace(
        '8.0,11.0,21.0', '8.0,11.0,22.0')
    assert out.read_bytes() == expected.encode()


def test_the_video_and_individuals(trip):
    poses = trip.open(VIDEO, 'mouseDLC_net.csv')
    assert [(i.stem, i.frame) for i in poses.images] == [
        ('mouse', 0), ('mouse', 1)]
    np.testing.assert_array_equal(poses.image_index, [0, 0, 1, 1])
    records = trip.read(poses)
    np.testing.assert_allclose([r.score for r in records], [.9, .5, 1, 1e-6])
    np.testing.assert_array_equal(
        [r.keypoints[0] for r in records], [[1, 2], [3, 4], [0, 0], [5, 6]])
    assert records[2].problem.code == 'no_keypoint'
    out = trip.write(poses, {1: [[3, 4.5], [0, 0], [0, 0]]}, dropped=[3])
    assert out.read_text() == VIDEO.replace('4.0,0.5', '4.5,0.5').replace(
        '5.0,6.0,0.0', ',,')


def test_individuals_may_have_other_parts(trip):
    text = """\
scorer,s,s,s,s,s,s,s,s
individuals,a,a,a,a,b,b,single,single
bodyparts,snout,snout,tail,tail,tail,tail,corner,corner
coords,x,y,x,y,x,y,x,y
img1.png,1,2,3,4,5,6,7,8
"""
    poses = trip.open(text, FILE)
    records = trip.read(poses)
    np.testing.assert_array_equal(
        [r.keypoints[:2] for r in records],
        [[[1, 2], [3, 4]], [[0, 0], [5, 6]], [[0, 0], [0, 0]]])
    assert records[2].problem.code == 'no_keypoint'
    assert [r.raw for r in records] == [
        dict(individual=name) for name in ('a', 'b', 'single')]
    out = trip.write(poses, {0: [[9, 2], [3, 4], [0, 0]],
                             1: [[8, 8], [5, 10], [0, 0]]})
    assert out.read_text() == text.replace(
        'png,1,2', 'png,9.0,2').replace(',5,6', ',5,10.0')


def test_untouched_files_come_back_byte_for_byte(trip):
    text = LABELS + 'labeled-data,"mouse, two",img.png,1,2,"3",4,é,\n\n'
    poses = trip.open(text, FILE)
    assert trip.read(poses)[3].problem.code == 'keypoints'
    trip.check_untouched(poses)


def test_short_rows_are_problems(trip):
    text = LABELS + 'labeled-data,mouse,img04.png,1,2\n'
    poses = trip.open(text, FILE)
    assert trip.read(poses)[3].problem == (
        'the row has 5 cells, the header 9')


def test_old_paths_of_windows_stay_in_the_folder(trip):
    text = LABELS.replace(',,,', ',').replace(
        'labeled-data,mouse,img01.png', r'labeled-data\mouse\img01.png')
    text = text.replace('labeled-data,mouse,', '../../').replace(
        '\nlabeled', '\nC:/x/labeled', 0)
    poses = trip.open(text, FILE)
    assert [i.file_name for i in poses.images] == [
        'labeled-data/mouse/img01.png', 'img02.png', 'img03.png']


@pytest.mark.parametrize(('text', 'message'), [
    ('a,b\n1,2\n', 'is no table of DeepLabCut: rows scorer, bodyparts'),
    ('', 'is no table of DeepLabCut'),
    (LABELS.replace('x,y', 'u,v'), 'has no 2D poses: its coords are'),
    (LABELS.replace('coords,,,x', 'coords,,,z'), 'has no 2D poses'),
])
def test_other_files(trip, text, message):
    with pytest.raises(ValueError, match=f'CollectedData_Ann.csv.*{message}'):
        trip.open(text.encode('latin-1'), FILE)


@pytest.mark.parametrize(('scorer', 'name', 'video'), [
    # SuperAnimal's models put a line before their name
    ('superanimal_net', 'cam01_superanimal_net_.csv', 'cam01'),
    ('', 'mouse.csv', 'mouse')])
def test_names_of_videos(trip, scorer, name, video):
    poses = trip.open(VIDEO.replace('DLC_net', scorer), name)
    assert [i.stem for i in poses.images] == [video, video]


def test_two_scorers_are_two_poses(trip):
    text = (VIDEO.replace('individuals,a,a,a,b,b,b\n', '')
            .replace('DLC_net,DLC_net,DLC_net\n', 'DLC_b,DLC_b,DLC_b\n'))
    poses = trip.open(text, 'mouseDLC_net.csv')
    assert {i.stem for i in poses.images} == {'mouse'}
    records = trip.read(poses)
    assert [r.raw['individual'] for r in records] == ['DLC_net', 'DLC_b'] * 2
    assert [r.keypoints[0].tolist() for r in records] == [
        [1, 2], [3, 4], [0, 0], [5, 6]]


def test_numbers_of_frames_that_are_fractions(trip):
    text = VIDEO.replace('\n0,', '\n0.0,').replace('\n1,', '\n1.0,')
    assert text != VIDEO
    poses = trip.open(text, 'mouseDLC_net.csv')
    assert [(i.stem, i.frame) for i in poses.images] == [
        ('mouse', 0), ('mouse', 1)]


@pytest.mark.parametrize('comma', [False, True])
@pytest.mark.parametrize(('delimiter', 'encoding', 'start'), [
    (';', 'utf-8', '\ufeff'), (';', 'utf-8', 'sep=;\r\n'),
    ('\t', 'utf-16-le', '\ufeff'), ('\t', 'utf-16-be', '\ufeff')])
def test_what_a_spreadsheet_saved(trip, comma, delimiter, encoding, start):
    text = VIDEO.replace(',', delimiter)
    if comma:
        text = text.replace('.', ',')
    poses = trip.open((start + text).encode(encoding), 'mouseDLC_net.csv')
    assert {(i.stem, i.frame) for i in poses.images} == {
        ('mouse', 0), ('mouse', 1)}
    assert trip.read(poses)[1].keypoints[0].tolist() == [3, 4]
    out = trip.write(poses, {1: [[3.5, 4], [0, 0], [0, 0]]})
    point = ',' if comma else '.'
    expected = text.replace(f'3{point}0{delimiter}4{point}0',
                            f'3{point}5{delimiter}4{point}0')
    assert expected != text
    assert out.read_bytes() == (start + expected).encode(encoding)


def test_half_a_table_in_utf_16(trip):
    data = ('\ufeff' + VIDEO).encode('utf-16-le')[:-1]
    with pytest.raises(ValueError, match=r'a\.csv is a damaged table: .*save '
                       'it again as CSV'):
        trip.open(data, 'a.csv')


def test_minus_1_is_absent(trip):
    """With a likelihood of -1, by SuperAnimal's models."""
    text = VIDEO.replace('3.0,4.0,', '-1.0,-1.0,').splitlines()
    assert '-1.0,-1.0,' in text[4]
    cells = text[4].split(',')
    place = cells.index('-1.0')
    cells[place + 2] = '-1.0'
    text[4] = ','.join(cells)
    poses = trip.open('\n'.join(text) + '\n', 'mouseDLC_net.csv')
    assert trip.codes(poses)[1] == 'no_keypoint'


def test_a_table_of_sleap(trip):
    with pytest.raises(ValueError, match=r'SLEAP.*name the \.slp file'):
        trip.open('track,frame_idx,instance.score,a.x,a.y,a.score\n', 'a.csv')


def test_joints_of_another_number_are_problems(trip):
    poses = trip.open(LABELS, FILE, joint_map='identity',
                      target_names=[*NAMES, 'nose'])
    assert [str(r.problem) for r in trip.read(poses)] == [
        'a pose must have 4 joints, got 3'] * 3
    trip.check_untouched(poses)


def test_line_breaks_in_names(trip):
    """A spreadsheet puts them in quotes, and they stay."""
    text = LABELS.replace('data,mouse,img01', 'data,"a,\nb",img01')
    poses = trip.open(text, FILE)
    assert len(poses) == 3
    assert poses.images[0].file_name == 'labeled-data/a,\nb/img01.png'
    np.testing.assert_array_equal(
        trip.read(poses)[0].keypoints, [[10, 20], [30.5, 40], [0, 0]])
    out = trip.write(poses, {0: [[10, 20], [30.5, 41.25], [9, 9]]})
    assert out.read_text() == text.replace('30.50,40.0', '30.50,41.25')


def test_a_quote_without_an_end(trip):
    poses = trip.open(LABELS.replace('img02', 'img"02'), FILE)
    assert len(poses) == 3 and trip.codes(poses)[0] is None
