"""Figure 4: input poses as training draws them."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmpose.registry import DATASETS

from posefix_mm.demo.demo import REFINER
from posefix_mm.visualization.figures import (
    input_poses_figure,
    training_samples,
)

CONFIG = Path(__file__).resolve().parents[3] / 'configs' / REFINER


@pytest.fixture
def dataset(mmpose_scope, people):
    cfg = Config.fromfile(CONFIG).train_dataloader.dataset
    cfg.dataset.update(
        data_root=str(people),
        ann_file='annotations.json',
        data_prefix=dict(img='images/'))
    return DATASETS.build(cfg)


def test_samples_are_those_of_a_seed(dataset) -> None:
    first, second = (training_samples(dataset, 3, seed=5) for _ in range(2))
    other = training_samples(dataset, 3, seed=6)
    assert len({sample['id'] for sample in first}) == 3
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one['img'], two['img'])
        np.testing.assert_array_equal(one['transformed_keypoints'],
                                      two['transformed_keypoints'])
    assert any((a['img'] != b['img']).any()
               for a, b in zip(first, other, strict=True))


def test_does_not_touch_the_global_generator(dataset) -> None:
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    training_samples(dataset, 1)
    assert np.random.random() == expected


def test_input_poses_are_shown(dataset) -> None:
    samples = training_samples(dataset, 2)
    figure = input_poses_figure(samples, dataset.metainfo)
    shown, = (
        c for c in figure.axes[0].collections
        if hasattr(c, 'get_sizes') and len(c.get_offsets()) > 1)
    present = samples[0]['input_pose_visible'][0] > 0
    np.testing.assert_allclose(shown.get_offsets(),
                               samples[0]['input_pose'][0][present])
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(),
                                  samples[0]['img'][..., ::-1])
    assert len(figure.axes) == 2
    labels = [t.get_text() for t in figure.legends[0].get_texts()]
    assert labels == ['good', 'jitter', 'inversion', 'swap', 'miss']


def test_more_samples_than_people(dataset) -> None:
    assert len(training_samples(dataset, 1000)) == len(dataset)


def test_not_a_refiner(mmpose_scope, people) -> None:
    dataset = DATASETS.build(
        dict(
            type='CocoDataset',
            data_root=str(people),
            ann_file='annotations.json',
            data_prefix=dict(img='images/'),
            pipeline=[dict(type='LoadImage')]))
    with pytest.raises(ValueError, match='no SynthesizePoseError'):
        training_samples(dataset, 1)
