"""Images and their poses for the data loader."""

import pytest
from mmengine.config import Config

from posefix_mm.apis.image_poses_dataset import (
    ImagePoses,
    ImagePosesDataset,
    crop_area,
    unwrap,
)
from posefix_mm.datasets.pose_records import parse_pose_record


def build(config, **changes):
    from mmpose.registry import DATASETS
    dataset = Config.fromfile(config).test_dataloader.dataset
    return DATASETS.build(dict(dataset, lazy_init=True, **changes))


@pytest.fixture
def parsed(records):
    return [parse_pose_record(i, r, 17) for i, r in enumerate(records)]


def test_one_item_for_each_image(refiner_config, drawn, parsed,
                                 mmpose_scope) -> None:
    path = str(drawn / 'images' / '000001.jpg')
    dataset = ImagePosesDataset([ImagePoses(path, parsed[:2])],
                                build(refiner_config))
    assert len(dataset) == 1
    item = dataset[0]
    assert item.indices == [0, 1]
    assert item.problem is None
    for record, sample in zip(parsed, item.samples, strict=False):
        assert sample['inputs'].shape == (3, 64, 48)
        extent = record.keypoints.max(0) - record.keypoints.min(0)
        width, height = extent * 1.2
        # grown to 3:4, then by 1.25
        grown = max(width, height * .75) * 1.25
        assert crop_area(sample) == pytest.approx(grown * grown / .75, 1e-4)


def test_unreadable_image(refiner_config, parsed, tmp_path,
                          mmpose_scope) -> None:
    dataset = ImagePosesDataset([ImagePoses(str(tmp_path), parsed[:3])],
                                build(refiner_config))
    indices, samples, problem = dataset[0]
    assert (indices, samples) == ([0, 1, 2], [])
    assert problem.startswith('unreadable image: ')


def test_pipeline_must_load_first(refiner_config, mmpose_scope) -> None:
    source = build(refiner_config, pipeline=[dict(type='GetBBoxCenterScale')])
    with pytest.raises(
            ValueError, match='start with LoadImage, got GetBBoxCenterScale'):
        ImagePosesDataset([], source)


def test_unwrap() -> None:
    assert unwrap(['item']) == 'item'
