_base_ = [
    '../../integral_regression/demo/ipr_tiny_1xb32-14e_demo-64x48.py',
    '../../../_base_/models/cpn_tiny.py',
]

codec = dict(
    type='MSRAHeatmap', input_size=(48, 64), heatmap_size=(12, 16), sigma=1)
estimator = dict(
    _base_.estimator, backbone=_base_.backbone, neck=_base_.neck)
estimator['head']['decoder'] = codec
model = dict(
    _delete_=True,
    data_preprocessor=_base_.data_preprocessor,
    test_cfg=dict(flip_test=True, flip_mode='heatmap', shift_heatmap=True),
    **estimator)

generate_target = dict(type='GenerateTarget', encoder=codec)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    generate_target, _base_.pack_pose_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
