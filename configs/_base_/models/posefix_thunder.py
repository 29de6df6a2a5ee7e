# MoveNet Thunder's network with an input pose. Its published weights are the
# start; `python tools/convert_movenet.py` writes them.
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
    backbone=dict(
        type='MoveNetBackbone', frozen_stem=True, fp32_depthwise=True),
    neck=dict(type='MoveNetNeck', fp32_depthwise=True),
    head=dict(
        type='PoseFixHead',
        in_channels=96,
        in_index=0,
        out_channels=17,
        deconv_out_channels=None,
        init_cfg=dict(type='Normal', layer='Conv2d', std=.01),
        decode_radius=2,
        quality=dict(type='PoseQuality', num_keypoints=17, in_channels=96),
        keep_margin=-.05,
        merge_input=True),
    test_cfg=dict(
        flip_test=True,
        keep_input_scores=False,
        passes=2,
        neighbour_margin=.2,
        doubt_below=.65))
# What mmpose's inferencers choose a detector by: none.
dataset_type = 'PoseRefineDataset'
