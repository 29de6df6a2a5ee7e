# What BUCTD (https://arxiv.org/abs/2306.07879) makes of images and poses: the
# pose is drawn first, crops are those of the pose, and so in testing.
codec = dict(
    type='MSRAHeatmap', input_size=(288, 384), heatmap_size=(72, 96), sigma=3)

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='DrawInputPose', errors=dict(type='BUCTDPoseError')),
    dict(type='CropByInputPose', margin=25.),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomHalfBodyOfPerson', prob=0.3, min_total_keypoints=9),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform', scale_std=0.35, rotate_std=45.),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='TakeInputPose'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackRefineInputs')
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='CropByInputPose', margin=25.),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='GetInputPose'),
    dict(type='PackRefineInputs')
]
