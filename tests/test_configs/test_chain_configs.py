"""Configs of chains: their parts exist, and fit together."""

from pathlib import Path

import pytest
from mmengine.config import Config

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
CHAINS = sorted((CONFIGS / 'body_2d_keypoint/chain').rglob('*.py'))
PARTS = dict(detector='mmdet', estimator='mmpose', refiner='mmpose')


def test_all_kinds_are_there() -> None:
    assert {path.parent.name for path in CHAINS} == {'coco', 'demo'}


@pytest.mark.parametrize('path', CHAINS, ids=lambda path: path.stem)
def test_parts_exist_and_have_one_skeleton(path: Path, tmp_path: Path,
                                           monkeypatch) -> None:
    pytest.importorskip('mmdet')
    from mmpose.apis.inference import dataset_meta_from_config

    from posefix_mm.chain import read_config
    monkeypatch.chdir(tmp_path)
    model = Config.fromfile(path).model
    assert model.type == 'ChainedPoseRefiner'
    parts = {name: read_config(model[name].config) for name in PARTS}
    assert {n: cfg.get('default_scope') for n, cfg in parts.items()} == PARTS
    assert parts['detector'].model.bbox_head.num_classes == 1
    assert parts['refiner'].model.type == 'PoseRefiner'
    names = [
        dataset_meta_from_config(parts[name], mode)['keypoint_id2name']
        for name, mode in (('estimator', 'train'), ('refiner', 'test'))
    ]
    assert names[0] == names[1]


@pytest.mark.parametrize('path', CHAINS, ids=lambda path: path.stem)
def test_evaluated_as_the_estimator_and_ranked_as_the_refiner(
        path: Path) -> None:
    """Scores of top-down estimators; the release's OKS-NMS."""
    cfg = Config.fromfile(path)
    dataset, evaluator = cfg.test_dataloader.dataset, cfg.test_evaluator
    assert dataset.data_mode == 'bottomup'  # a sample for each image
    assert evaluator.ann_file == dataset.data_root + dataset.ann_file
    assert cfg.val_evaluator == evaluator
    assert (evaluator.score_mode, evaluator.nms_mode,
            evaluator.nms_thr) == ('bbox_keypoint', 'oks_nms', .9)
