# What BUCTD's two networks have in common; configs add backbone and fusion.
model = dict(
    type='PoseRefiner',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    num_keypoints=17,
    pose_maps=dict(type='ColorPoseImage'),
    head=dict(
        type='HeatmapHead',
        in_channels=48,
        out_channels=17,
        deconv_out_channels=None,
        # half the squared error (code)
        loss=dict(
            type='KeypointMSELoss', use_target_weight=True, loss_weight=0.5)),
    # Scores are those of the maps; see score_mode of the evaluator.
    test_cfg=dict(
        flip_test=True,
        flip_mode='heatmap',
        shift_heatmap=True,
        keep_input_scores=False))
coam = dict(
    type='CoAM',
    before='stage3',
    in_channels=[48, 96, 192],
    map_sizes=[(72, 96), (36, 48), (18, 24)])
