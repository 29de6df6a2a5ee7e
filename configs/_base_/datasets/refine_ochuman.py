# OCHuman (COCO's 17 joints, https://arxiv.org/abs/1803.10683) is for
# evaluation: refiners for it are trained on COCO, in data/coco/. Laid out as
# for mmpose; `pose_file` is what is refined. Sigmas: COCO's.
_base_ = './refine_coco.py'

data_root = 'data/ochuman/'
metainfo = dict(from_file='configs/_base_/datasets/ochuman.py')

val_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        data_root=data_root,
        ann_file='annotations/ochuman_coco_format_val_range_0.00_1.00.json',
        data_prefix=dict(img='images/')))
test_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        data_root=data_root,
        ann_file='annotations/ochuman_coco_format_test_range_0.00_1.00.json',
        pose_file='pose_results/test.json',
        data_prefix=dict(img='images/')))

val_evaluator = dict(
    ann_file=data_root + val_dataloader['dataset']['ann_file'])
test_evaluator = dict(
    ann_file=data_root + test_dataloader['dataset']['ann_file'])
