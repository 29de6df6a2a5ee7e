# Figure 6, coarse to coarse: Gaussian maps are regressed, as by mmpose's stock
# estimators.
_base_ = './posefix_res50_4xb32-140e_coco-256x192.py'

codec = dict(
    type='MSRAHeatmap', input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
model = dict(
    head=dict(
        _delete_=True,
        type='HeatmapHead',
        in_channels=2048,
        out_channels=17,
        loss=dict(type='KeypointMSELoss', use_target_weight=True),
        decoder=codec),
    test_cfg=dict(flip_mode='heatmap', shift_heatmap=True))

generate_target = dict(type='GenerateTarget', encoder=codec)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    _base_.synthesize_error, generate_target, _base_.pack_refine_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
