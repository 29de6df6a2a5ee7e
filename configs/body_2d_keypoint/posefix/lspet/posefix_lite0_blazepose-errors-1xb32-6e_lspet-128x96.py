# BlazePose's own errors, measured on the training photos, in the place of the
# release's (docs/diagnosis.md).
_base_ = [
    './posefix_lite0_paper-errors-1xb32-6e_lspet-128x96.py',
    '../../../_base_/errors/blazepose_lspet.py',
]

train_pipeline = _base_.train_pipeline
train_pipeline[6].update(_base_.measured_errors)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
