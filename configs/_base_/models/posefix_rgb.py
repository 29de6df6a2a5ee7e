# The PoseFix head for backbones that mmpose has trained on poses: images
# normalised as theirs, and Gaussian maps in that range. Configs add backbone
# and head.
model = dict(
    type='PoseRefiner',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    num_keypoints=17,
    pose_amplitude=1.,
    head=dict(type='PoseFixHead', out_channels=17, norm_eps=1e-5),
    test_cfg=dict(flip_test=True))
