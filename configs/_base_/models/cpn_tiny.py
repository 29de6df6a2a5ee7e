# The demo's CPN, on the backbone and neck of tiny_resnet.py, which the config
# that puts both together sets, with the decoder.

estimator = dict(
    type='TopdownPoseEstimator',
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
