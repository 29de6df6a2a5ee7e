# The demo's CPN. The decoder is set by the config that knows the input's size.
_base_ = './tiny_resnet.py'

estimator = dict(
    type='TopdownPoseEstimator',
    backbone=_base_.backbone,
    neck=_base_.neck,
    head=dict(
        type='CPNHead',
        in_channels=64,
        out_channels=17,
        num_levels=3,
        loss=dict(
            type='KeypointMSELoss', use_target_weight=True, loss_weight=1e3),
        refine_loss=dict(
            type='KeypointOHKMMSELoss',
            use_target_weight=True,
            loss_weight=1e3)))
