"""The page: its numbers, what it escapes, and what it is written from."""

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from posefix_mm.diagnosis import diagnose_results, load_skeleton
from posefix_mm.evaluation import evaluate_keypoints
from posefix_mm.testing import write_like
from posefix_mm.visualization.report import people, write_report


class Page(HTMLParser):
    """Tags with attributes, the text, and the cells of all tables."""

    def __init__(self, path) -> None:
        super().__init__()
        self.html = path.read_text(encoding='utf-8')
        self.tags, self.texts, self.rows = [], [], []
        self.feed(self.html)
        self.text = ' '.join(' '.join(self.texts).split())

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag == 'tr':
            self.rows.append([])

    def handle_data(self, data) -> None:
        self.texts.append(data)
        if self.rows and data.strip():
            self.rows[-1].append(data.strip())

    def all(self, tag: str, **attributes) -> list:
        return [
            found for name, found in self.tags if name == tag and all(
                found.get(key) == value for key, value in attributes.items())
        ]


@pytest.fixture(scope='module')
def parsed(page) -> Page:
    return Page(page)


def results_of(files) -> list:
    return [json.loads(path.read_text()) for path in files[:2]]


def test_precision(parsed, files) -> None:
    truth = json.loads(files.ann.read_text())
    sigmas = load_skeleton()['sigmas']
    before, after = (
        evaluate_keypoints(truth, results, sigmas)
        for results in results_of(files))
    row = next(r for r in parsed.rows if r[0] == 'AP')
    assert row == [
        'AP', f'{before["AP"]:.1f}', f'{after["AP"]:.1f}',
        f'{after["AP"] - before["AP"]:+.1f}'
    ]
    assert after['AP'] > before['AP'] > 0


def test_frequencies(parsed, files) -> None:
    truth = json.loads(files.ann.read_text())
    shares = []
    for results in results_of(files):
        status = diagnose_results(results, truth, load_skeleton()).status
        shares.append([(status[status >= 0] == code).mean()
                       for code in range(5)])
    for code, name in enumerate(
        ('good', 'jitter', 'inversion', 'swap', 'miss')):
        row = next(r for r in parsed.rows if r[0] == name)
        before, after = shares[0][code], shares[1][code]
        assert row[1:3] == [f'{before:.1%}', f'{after:.1%}']
    assert shares[0][2] > .1 and shares[1][2] > .05  # mirrored ones


def test_joints(parsed) -> None:
    names = list(load_skeleton()['keypoint_id2name'].values())
    rows = {r[0]: r for r in parsed.rows if r and r[0] in names}
    assert list(rows) == names
    count, good, ks, change, move = rows['left_knee'][1:6]
    before, after = map(float, ks.split(' \u2192 '))
    assert float(change) == pytest.approx(after - before, abs=.0011)
    assert int(count) > 5


def test_people(parsed) -> None:
    cards = parsed.all('article')
    assert len(cards) == 9
    improved = re.findall(r'OKS (\S+) \u2192 (\S+),', parsed.text)
    gains = [float(after) - float(before) for before, after in improved]
    assert gains[:3] == sorted(gains[:3], reverse=True)
    assert min(gains[:3]) > 0 > max(gains[3:6])
    assert {len(parsed.all('input', type='range')),
            len(parsed.all('img'))} == {9}
    assert all('inversion' in card['data-before'] for card in cards[:2])


def test_notes(parsed, files) -> None:
    count = len(results_of(files)[1])
    assert f'What refinement did to {count} poses' in parsed.text
    assert '1 input pose not in the refined file' in parsed.text
    assert f'Pictures show 9 of {count} poses' in parsed.text
    assert 'before.json' in parsed.text and 'after.json' in parsed.text


def test_loads_nothing(parsed) -> None:
    """Every address is of the page itself."""
    for tag, attributes in parsed.tags:
        assert tag not in ('link', 'iframe', 'object', 'embed', 'base')
        for name in ('src', 'href', 'action', 'data', 'srcset'):
            address = attributes.get(name)
            assert address is None or address.startswith('data:image/jpeg')
        assert not [name for name in attributes if name.startswith('on')]
    assert '@import' not in parsed.html and 'url(' not in parsed.html


def test_policy_names_the_two_blocks(parsed) -> None:
    """A browser runs and applies nothing but what these digests are of."""
    meta, = parsed.all('meta', **{'http-equiv': 'Content-Security-Policy'})
    for tag in ('style', 'script'):
        block, = re.findall(f'<{tag}>(.*?)</{tag}>', parsed.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest())
        assert f"{tag}-src 'sha256-{digest.decode()}'" in meta['content']
    assert "default-src 'none'" in meta['content']
    assert not any('style' in attributes for _, attributes in parsed.tags)


def test_ids_are_unique(parsed) -> None:
    ids = [a['id'] for _, a in parsed.tags if 'id' in a]
    assert len(ids) == len(set(ids)) > 20
    for _, attributes in parsed.tags:
        assert set(attributes.get('aria-labelledby', '').split()) <= set(ids)


def test_same_input_same_page(files, page, tmp_path) -> None:
    again = write_report(
        files.before,
        files.after,
        files.img_dir,
        tmp_path,
        ann=files.ann,
        people=3)
    assert again.read_bytes() == page.read_bytes()
    other = write_report(
        files.before,
        files.after,
        files.img_dir,
        tmp_path,
        ann=files.ann,
        people=3,
        seed=5)
    assert other.read_bytes() != page.read_bytes()


def test_everything_from_the_data_is_escaped(files, tmp_path) -> None:
    evil = '"><script>alert(1)<\\u002fscript><img src=x onerror=alert(2)>'
    evil = evil.replace('\\u002f', '\u2215')  # no slash in file names
    truth = json.loads(files.ann.read_text())
    images = tmp_path / 'images'
    shutil.copytree(files.img_dir, images)
    for image in truth['images']:
        name = f'{evil}{image["id"]}.jpg'
        (images / image['file_name']).rename(images / name)
        image['file_name'] = name
    (tmp_path / 'truth.json').write_text(json.dumps(truth))
    before = tmp_path / f'{evil}.json'
    shutil.copy(files.before, before)
    parsed = Page(
        write_report(
            before,
            files.after,
            images,
            tmp_path / 'out',
            ann=tmp_path / 'truth.json',
            people=2))
    assert len(parsed.all('script')) == 1
    assert parsed.all('img', src='x') == []
    assert len(parsed.all('img')) == 6
    assert all('alert(2)' in card['alt'] for card in parsed.all('img'))
    assert '<script>alert' not in parsed.html
    assert parsed.text.count('<script>alert(1)') >= 7  # as a text


def test_evil_ids_and_missing_files(files, tmp_path) -> None:
    """Ids without files: shown as text, no picture, and why."""
    records = results_of(files)
    evil = '../<b onclick=x>' + 'y' * 500
    for results in records:
        for record in results:
            record['image_id'] = evil
    for name, results in zip('ab', records, strict=True):
        (tmp_path / name).write_text(json.dumps(results))
    parsed = Page(
        write_report(
            tmp_path / 'a',
            tmp_path / 'b',
            files.img_dir,
            tmp_path / 'out',
            people=1))
    assert parsed.all('b') == parsed.all('img') == []
    assert 'is not a usable file name' in parsed.text
    assert '../<b onclick=x>yyy' in parsed.text
    headings = re.findall(r'<h4 [^>]*>(.*?)</h4>', parsed.html)
    assert len(headings) == 2 and max(map(len, headings)) < 130


def test_what_is_no_image_has_no_picture(files, tmp_path) -> None:
    images = tmp_path / 'images'
    shutil.copytree(files.img_dir, images)
    for path in images.iterdir():
        path.write_text('text')
    parsed = Page(
        write_report(
            files.before, files.after, images, tmp_path / 'out', people=1))
    assert parsed.all('img') == []
    assert re.search(r'No picture: unreadable image 0000\d+\.jpg: ',
                     parsed.text)


def test_frames_of_a_video(files, tmp_path) -> None:
    """Poses whose ids name frames are shown on these."""
    video = cv2.VideoWriter(str(tmp_path / 'walk.avi'),
                            cv2.VideoWriter_fourcc(*'MJPG'), 10, (128, 96))
    for grey in (0, 255):
        video.write(np.full((96, 128, 3), grey, np.uint8))
    video.release()
    records = [dict(results_of(files)[0][0], image_id='walk_000001')]
    (tmp_path / 'poses.json').write_text(json.dumps(records))
    parsed = Page(
        write_report(
            tmp_path / 'poses.json', tmp_path / 'poses.json', tmp_path,
            tmp_path / 'out'))
    picture, = parsed.all('img')
    data = base64.b64decode(picture['src'].partition(',')[2])
    assert cv2.imdecode(np.frombuffer(data, np.uint8), 1).min() > 240
    assert 'walk.avi, frame 1, record 0' in parsed.text


def test_without_annotations(files, tmp_path) -> None:
    parsed = Page(
        write_report(
            files.before, files.after, files.img_dir, tmp_path, people=4))
    assert 'nobody can tell here what got better' in parsed.text
    assert [r[0] for r in parsed.rows].count('left_knee') == 1
    assert 'AP' not in [r[0] for r in parsed.rows if r]
    before, after = (
        np.array([r['keypoints'] for r in results]).reshape(-1, 17, 3)
        for results in results_of(files))
    before = before[:len(after)]
    present = (before != 0).any(-1) & (after != 0).any(-1)
    assert f'Half of {present.sum()} joints' in parsed.text
    assert [
        s['data-group'] for s in parsed.all('section') if 'data-group' in s
    ] == ['moved', 'random']
    assert parsed.all('input', name='error') == []
    assert len(parsed.all('img')) == 8


def test_another_skeleton(tmp_path) -> None:
    """Animals of AP-10K; the poses are the annotations."""
    write_like('ap10k', tmp_path, 2)
    ann = tmp_path / 'annotations' / 'ap10k-val-split1.json'
    poses = [
        dict(
            image_id=animal['image_id'],
            category_id=animal['category_id'],
            keypoints=animal['keypoints'],
            score=.5) for animal in json.loads(ann.read_text())['annotations']
    ]
    (tmp_path / 'poses.json').write_text(json.dumps(poses))
    parsed = Page(
        write_report(
            tmp_path / 'poses.json',
            tmp_path / 'poses.json',
            tmp_path / 'data',
            tmp_path / 'out',
            ann=ann,
            skeleton='ap10k'))
    rows = {row[0]: row[1:] for row in parsed.rows}
    assert rows['AP'] == ['100.0', '100.0', '0.0']
    assert rows['good'] == ['100.0%', '100.0%', '0.0']
    assert rows['L_F_Paw'][2:] == ['1.000 \u2192 1.000', '0.000', '0.0%']
    assert [s['data-group'] for s in parsed.all('section')
            if 'data-group' in s] == ['random']


def test_annotations_without_people_give_names(files, tmp_path) -> None:
    truth = json.loads(files.ann.read_text())
    (tmp_path / 'images.json').write_text(
        json.dumps(dict(images=truth['images'])))
    parsed = Page(
        write_report(
            files.before,
            files.after,
            files.img_dir,
            tmp_path / 'out',
            ann=tmp_path / 'images.json',
            people=1))
    assert '000001.jpg' in parsed.text or '00000' in parsed.text
    assert 'nobody can tell' in parsed.text


def test_size_is_bounded(files, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(people, 'MAX_PICTURE_BYTES', 9000)
    parsed = Page(
        write_report(
            files.before, files.after, files.img_dir, tmp_path, ann=files.ann))
    pictures = parsed.all('img')
    assert 1 <= len(pictures) < len(parsed.all('article'))
    assert sum(len(p['src']) for p in pictures[:-1]) <= 9000
    assert 'the page would become too large' in parsed.text


def test_poses_of_nobody(files, tmp_path) -> None:
    """All poses are far from every annotation."""
    for name, path in zip('ab', files[:2], strict=True):
        records = json.loads(path.read_text())
        for record in records:
            pose = np.reshape(record['keypoints'], (17, 3))
            pose[pose.any(1), :2] += 5000
            record['keypoints'] = pose.ravel().tolist()
        (tmp_path / name).write_text(json.dumps(records))
    parsed = Page(
        write_report(
            tmp_path / 'a',
            tmp_path / 'b',
            files.img_dir,
            tmp_path / 'out',
            ann=files.ann,
            people=2))
    assert 'No pose belongs to an annotated person.' in parsed.text
    assert ['AP', '0.0', '0.0', '0.0'] in parsed.rows
    assert {'oks', 'joints'} & {s['class'] for s in parsed.all('svg')} == set()
    assert [s['data-group'] for s in parsed.all('section')
            if 'data-group' in s] == ['random']


def test_no_people(files, tmp_path) -> None:
    parsed = Page(
        write_report(
            files.before,
            files.after,
            files.img_dir,
            tmp_path,
            ann=files.ann,
            people=0))
    assert parsed.all('article') == []
    assert 'Pictures show 0 of' in parsed.text


@pytest.mark.parametrize(('change', 'error', 'reason'), [
    (dict(people=-1), ValueError, 'people must not be negative'),
    (dict(before='none.json'), FileNotFoundError, 'none.json does not exist'),
    (dict(img_dir='none'), NotADirectoryError, 'none does not exist'),
    (dict(skeleton='mpii'), ValueError, 'must hold 48 numbers'),
    (dict(skeleton='martian'), ValueError, "no skeleton 'martian'"),
])
def test_wrong_input(files, tmp_path, change, error, reason) -> None:
    arguments = {**files._asdict(), 'out_dir': tmp_path / 'out', **change}
    with pytest.raises(error, match=reason):
        write_report(**arguments)
    assert not (tmp_path / 'out').exists()


def test_annotations_without_images(files, tmp_path) -> None:
    (tmp_path / 'ann.json').write_text('{"annotations": []}')
    with pytest.raises(ValueError, match='no list of images'):
        write_report(
            files.before,
            files.after,
            files.img_dir,
            tmp_path / 'out',
            ann=tmp_path / 'ann.json')


def test_output_is_a_file(files, tmp_path) -> None:
    (tmp_path / 'out').write_text('mine')
    with pytest.raises(NotADirectoryError, match='is not a folder'):
        write_report(files.before, files.after, files.img_dir,
                     tmp_path / 'out')
    assert (tmp_path / 'out').read_text() == 'mine'
