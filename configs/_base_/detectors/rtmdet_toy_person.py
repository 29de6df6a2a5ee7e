# RTMDet for pictures of the size of the demo's: so small that it runs, but
# hardly learns. Shows and tests how a chain is put together.
_base_ = 'mmdet::rtmdet/rtmdet_tiny_8xb32-300e_coco.py'

model = dict(
    backbone=dict(
        deepen_factor=0.167, widen_factor=0.0625, norm_cfg=dict(type='BN')),
    neck=dict(
        in_channels=[16, 32, 64],
        out_channels=16,
        norm_cfg=dict(type='BN')),
    bbox_head=dict(
        num_classes=1,
        in_channels=16,
        feat_channels=16,
        stacked_convs=1,
        exp_on_reg=True,
        norm_cfg=dict(type='BN')),
    test_cfg=dict(nms_pre=100, score_thr=0., max_per_img=4))
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(64, 64), keep_ratio=True),
    dict(type='Pad', size=(64, 64), pad_val=dict(img=(114, 114, 114))),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape',
                   'scale_factor'))
]
test_dataloader = dict(
    dataset=dict(
        metainfo=dict(classes=('person', )), pipeline=test_pipeline))
