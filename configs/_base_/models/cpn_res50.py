# The cascaded pyramid network, which mmpose does not have. What depends on the
# input's size (decoder) is set by the config that puts both together.
estimator = dict(
    type='TopdownPoseEstimator',
    backbone=dict(
        type='ResNet',
        depth=50,
        out_indices=(0, 1, 2, 3),
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    neck=dict(
        type='FPN',
        in_channels=[256, 512, 1024, 2048],
        out_channels=256,
        num_outs=4),
    head=dict(type='CPNHead', in_channels=256, out_channels=17))
