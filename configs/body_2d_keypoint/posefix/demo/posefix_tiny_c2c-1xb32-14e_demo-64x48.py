# Figure 6, coarse to coarse: Gaussian maps are regressed, as by mmpose's stock
# estimators.
_base_ = './posefix_tiny_1xb32-14e_demo-64x48.py'

codec = dict(
    type='MSRAHeatmap', input_size=(48, 64), heatmap_size=(24, 32), sigma=1.5)
model = dict(
    head=dict(
        _delete_=True,
        type='PyramidHeatmapHead',
        in_channels=64,
        in_index=0,
        out_channels=17,
        deconv_out_channels=(64, ),
        deconv_kernel_sizes=(4, ),
        loss=dict(
            type='KeypointMSELoss', use_target_weight=True, loss_weight=1e3),
        decoder=codec),
    test_cfg=dict(flip_mode='heatmap', shift_heatmap=True))

generate_target = dict(type='GenerateTarget', encoder=codec)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    _base_.synthesize_error, generate_target, _base_.pack_refine_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
