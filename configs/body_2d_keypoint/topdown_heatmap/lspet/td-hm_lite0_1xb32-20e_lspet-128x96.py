# A stock top-down heatmap estimator with the backbone and the budget of the
# refiner in configs/body_2d_keypoint/posefix/lspet, to be refined by it.
_base_ = [
    '../../../_base_/datasets/refine_lspet.py',
    '../../../_base_/schedules/small_20e.py',
]
dataset_type = 'CocoDataset'

codec = dict(
    type='MSRAHeatmap', input_size=(96, 128), heatmap_size=(24, 32), sigma=1.5)
model = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    backbone=dict(
        type='TimmFeatures',
        model_name='tf_efficientnet_lite0',
        packaged_weights=True,
        fp32_depthwise=True,
        channels_last=True),
    head=dict(
        type='HeatmapHead',
        in_channels=320,
        out_channels=17,
        deconv_out_channels=(128, 128, 128),
        loss=dict(
            type='KeypointMSELoss', use_target_weight=True, loss_weight=1e3),
        decoder=codec),
    train_cfg=dict(compute_acc=False),  # it can't read bfloat16
    test_cfg=dict(flip_test=True, flip_mode='heatmap', shift_heatmap=True))

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform'),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs')
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='PackPoseInputs')
]

train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CocoDataset',
        data_root=_base_.data_root,
        ann_file='person_keypoints_train.json',
        data_prefix=dict(img='images_train/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CocoDataset',
        test_mode=True,
        data_root=_base_.data_root,
        ann_file='person_keypoints_val.json',
        data_prefix=dict(img='images_val/'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(score_mode='bbox_keypoint')
test_evaluator = val_evaluator
