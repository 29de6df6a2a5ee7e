# "E2E-refine" of table 1 with the demo's networks.
_base_ = [
    '../../integral_regression/demo/ipr_tiny_1xb32-14e_demo-64x48.py',
    '../../../_base_/models/cpn_tiny.py',
]

cpn_codec = dict(
    type='MSRAHeatmap', input_size=(48, 64), heatmap_size=(12, 16), sigma=1)
estimator = dict(
    _base_.estimator, backbone=_base_.backbone, neck=_base_.neck)
estimator['head']['decoder'] = cpn_codec
model = dict(
    type='EndToEndPoseRefiner',
    estimator=estimator,
    num_keypoints=17,
    pose_amplitude=1.)

train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    dict(type='GenerateTarget', encoder=cpn_codec), _base_.generate_target,
    _base_.pack_pose_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
