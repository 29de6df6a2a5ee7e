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

train_pipeline = _base_.train_pipeline
train_pipeline[6]['encoder'] = codec
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
