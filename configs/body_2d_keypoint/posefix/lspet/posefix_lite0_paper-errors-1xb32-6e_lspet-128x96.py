# What the measured errors are compared with in
# docs/experiments/measured_errors.md: the release's probabilities and uniform
# radii, for a short training.
_base_ = './posefix_lite0_1xb32-20e_lspet-128x96.py'

synthesize_error = dict(_base_.synthesize_error, table=None)
train_pipeline = [
    _base_.load_image, _base_.misplace_pose, _base_.get_box, *_base_.augment,
    _base_.crop, synthesize_error, _base_.generate_target,
    _base_.pack_refine_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

train_cfg = dict(max_epochs=6)
param_scheduler = [_base_.warm_up, dict(_base_.cosine, T_max=6)]
