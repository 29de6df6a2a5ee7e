# Section 5. What depends on the input's size (decoder, pose_sigma) is set by
# the config that puts model and input together.
model = dict(
    type='PoseRefiner',
    # BGR as it is read, ImageNet's means in that order, no division (code)
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.68, 116.78, 103.94],
        std=[1., 1., 1.]),
    num_keypoints=17,
    backbone=dict(
        type='ResNet',
        depth=50,
        norm_cfg=dict(type='BN', eps=1e-9, momentum=.01),
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    head=dict(type='PoseFixHead', in_channels=2048, out_channels=17),
    test_cfg=dict(flip_test=True))
# What mmpose's inferencers choose a detector by: none.
dataset_type = 'PoseRefineDataset'
