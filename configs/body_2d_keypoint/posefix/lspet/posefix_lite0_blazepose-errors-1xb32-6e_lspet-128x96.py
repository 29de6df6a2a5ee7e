# BlazePose's own errors, measured on the training photos, in the place of the
# release's (docs/experiments/measured_errors.md).
_base_ = [
    './posefix_lite0_paper-errors-1xb32-6e_lspet-128x96.py',
    '../../../_base_/errors/blazepose_lspet.py',
]

train_pipeline = [
    _base_.load_image, _base_.misplace_pose, _base_.get_box, *_base_.augment,
    _base_.crop,
    dict(_base_.synthesize_error, **_base_.measured_errors),
    _base_.generate_target, _base_.pack_refine_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
