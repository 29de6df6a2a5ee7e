"""Estimators of mmpose's families, refined: weights are random, the plumbing
is what is tested."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from peaked_refiner import make_refiner

from posefix_mm.apis import refine_results
from posefix_mm.demo.demo import REFINER

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
SOURCES = sorted((CONFIGS / 'body_2d_keypoint/pose_sources').rglob('*.py'))


def estimate(path: Path, people: Path, folder: Path) -> Path:
    """Run an estimator with random weights as tools/test.py does."""
    cfg = Config.fromfile(path)
    dataset = cfg.test_dataloader.dataset
    dataset.update(
        data_root=str(people),
        ann_file='annotations.json',
        data_prefix=dict(img='images/'))
    if 'bbox_file' in dataset:
        dataset.bbox_file = None
    decoder = cfg.model.head.decoder
    if decoder.type == 'AssociativeEmbedding':
        # random maps are all low; take the highest for keypoints
        decoder.update(decode_keypoint_thr=-1e3, decode_max_instances=3)
        for step in dataset.pipeline:
            if step['type'] == 'BottomupResize':
                step['input_size'] = (128, 128)
    cfg.merge_from_dict({
        'work_dir': str(folder),
        'experiment_name': f'{folder.name}_{path.stem}',
        'model.backbone.init_cfg': None,
        'test_dataloader.num_workers': 0,
        'test_dataloader.persistent_workers': False,
        'test_evaluator.ann_file': str(people / 'annotations.json'),
        'test_evaluator.outfile_prefix': str(folder / 'poses')
    })
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        Runner.from_cfg(cfg).test()
    return folder / 'poses.keypoints.json'


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: path.stem)
def test_poses_of_every_family_are_refined(path: Path, people: Path,
                                           tmp_path: Path) -> None:
    poses = estimate(path, people, tmp_path)
    refiner = make_refiner(tmp_path, CONFIGS / REFINER)
    summary = refine_results(
        refiner.cfg,
        refiner.weights,
        poses,
        people / 'images',
        tmp_path / 'refined.json',
        ann=people / 'annotations.json',
        num_workers=0,
        nms=False,
        allow_empty=True,
        progress=False)
    before, after = (
        json.loads(p.read_text()) for p in (poses, tmp_path / 'refined.json'))
    assert summary.total == len(before) > 0
    assert [r['score'] for r in before] == [r['score'] for r in after]
    # scores of random networks may be 0, and their poses anywhere
    assert set(summary.codes) <= {'score_not_positive', 'outside_image'}
    assert summary.refined + sum(summary.codes.values()) == summary.total
    assert summary.codes.get('score_not_positive', 0) == sum(
        r['score'] <= 0 for r in before)
    changed = [
        a['keypoints'] != b['keypoints']
        for a, b in zip(before, after, strict=True)
    ]
    assert sum(changed) == summary.refined
