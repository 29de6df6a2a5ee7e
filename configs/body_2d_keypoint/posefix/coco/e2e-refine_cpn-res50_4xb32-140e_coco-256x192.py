# "E2E-refine" of table 1: a refinement module of PoseFix's architecture on a
# CPN, trained end to end on its output. No input poses, no synthesized errors.
_base_ = [
    '../../integral_regression/coco/ipr_res50_4xb32-140e_coco-256x192.py',
    '../../../_base_/models/cpn_res50.py',
]

codec = dict(
    type='MSRAHeatmap', input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
estimator = _base_.estimator
estimator['head']['decoder'] = codec
model = dict(
    type='EndToEndPoseRefiner', estimator=estimator, num_keypoints=17)

train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    dict(type='GenerateTarget', encoder=codec), _base_.generate_target,
    _base_.pack_pose_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
find_unused_parameters = True
