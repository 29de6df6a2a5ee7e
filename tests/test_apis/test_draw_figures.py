"""Figures from files: the numbers in them, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from report_files import write_report_files

from posefix_mm.apis.draw_figures import (
    comparison_figure,
    errors_figure,
    inputs_figure,
    network_figure,
)
from posefix_mm.demo.demo import REFINER
from posefix_mm.diagnosis import compare_results, load_people

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    return write_report_files(tmp_path_factory.mktemp('figures'), 8)


@pytest.fixture
def truth(files):
    from posefix_mm.diagnosis import load_skeleton
    return compare_results(files.before, files.after, load_skeleton(),
                           json.loads(files.ann.read_text())).truth


def draw(kind, files):
    return comparison_figure(kind, files.before, files.after, files.ann)


def test_oks(files, truth) -> None:
    axes, = draw('oks', files).axes
    points = np.asarray(axes.collections[0].get_offsets())
    np.testing.assert_allclose(points.T, truth.paired_oks())
    assert (points[:, 1] > points[:, 0]).sum() > 3


def test_status(files, truth) -> None:
    axes, = draw('status', files).axes
    heights = [bar.get_height() for bar in axes.patches]
    expected = 100 * np.concatenate(
        [list(shares.values()) for shares in truth.frequencies()])
    np.testing.assert_allclose(heights, expected)
    assert sum(heights[:5]) == pytest.approx(100)


def test_joints(files, truth) -> None:
    _, bars = draw('joints', files).axes
    before, after = truth.mean_ks()
    np.testing.assert_allclose([b.get_width() for b in bars.patches],
                               after - before)


def test_unknown_comparison(files) -> None:
    with pytest.raises(ValueError, match=r"one of \('oks', 'status'"):
        draw('miss', files)


def test_no_annotated_keypoints(files, tmp_path) -> None:
    (tmp_path / 'ann.json').write_text('{"images": []}')
    with pytest.raises(ValueError, match='ann.json has no annotated key'):
        comparison_figure('oks', files.before, files.after,
                          tmp_path / 'ann.json')


def test_errors_of_a_person(files) -> None:
    people = load_people(json.loads(files.ann.read_text()), 17)
    number = people.annotation_id[2]
    figure = errors_figure(
        files.ann, files.img_dir, annotation_id=number, draws=3)
    # as many dots as joints in the panel of the annotation
    joints = figure.axes[0].collections[-1].get_offsets()
    assert len(joints) == people.visible[2].sum()
    same = errors_figure(
        files.ann, files.img_dir, annotation_id=number, draws=3)
    first, second = (
        f.axes[5].collections[0].get_offsets() for f in (figure, same))
    np.testing.assert_array_equal(first, second)


def test_errors_show_somebody_with_others_near(files) -> None:
    people = load_people(json.loads(files.ann.read_text()), 17, area='bbox')
    assert 0 < (people.num_overlap > 0).sum() < len(people)
    figure = errors_figure(files.ann, files.img_dir, draws=3)
    assert not figure.axes[4].texts  # swaps are possible


@pytest.mark.parametrize(('options', 'reason'), [
    (dict(draws=0), 'draws must be at least 1'),
    (dict(annotation_id=123456), 'has no person 123456'),
])
def test_errors_refused(files, options, reason) -> None:
    with pytest.raises(ValueError, match=reason):
        errors_figure(files.ann, files.img_dir, **options)


def test_errors_without_the_image(files, tmp_path) -> None:
    with pytest.raises(LookupError, match='is not in the image folder'):
        errors_figure(files.ann, tmp_path)


def test_inputs(people) -> None:
    figure = inputs_figure(
        CONFIGS / REFINER,
        samples=4,
        cfg_options={
            'train_dataloader.dataset.dataset.data_root': str(people),
            'train_dataloader.dataset.dataset.ann_file': 'annotations.json',
            'train_dataloader.dataset.dataset.data_prefix.img': 'images/'
        })
    assert [a.images[0].get_array().shape
            for a in figure.axes] == [(64, 48, 3)] * 4


def test_inputs_refused() -> None:
    with pytest.raises(ValueError, match='samples must be at least 1'):
        inputs_figure(CONFIGS / REFINER, samples=0)


def test_network(files, checkpoint) -> None:
    figure = network_figure(
        files.before,
        files.img_dir,
        config=CONFIGS / REFINER,
        checkpoint=str(checkpoint),
        ann=files.ann,
        record=2)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0] == 'input pose' and 'right ankle' in titles
    record = json.loads(files.before.read_text())[2]
    present = np.reshape(record['keypoints'], (-1, 3)).any(1).sum()
    assert len(figure.axes[0].collections[-1].get_offsets()) == present


@pytest.mark.parametrize('record', [-1, 999])
def test_network_refused(files, checkpoint, record) -> None:
    with pytest.raises(ValueError, match=f'has no record {record}; it holds'):
        network_figure(
            files.before,
            files.img_dir,
            config=CONFIGS / REFINER,
            checkpoint=str(checkpoint),
            record=record)


def test_network_of_an_unusable_record(files, checkpoint, tmp_path) -> None:
    records = json.loads(files.before.read_text())
    records[0]['score'] = 0
    (tmp_path / 'poses.json').write_text(json.dumps(records))
    with pytest.raises(ValueError, match='record 0 of .* is not refined: sco'):
        network_figure(
            tmp_path / 'poses.json',
            files.img_dir,
            config=CONFIGS / REFINER,
            checkpoint=str(checkpoint))
