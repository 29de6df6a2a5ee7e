# IntegralPose: the demo's refiner without an input pose.
_base_ = [
    '../../../_base_/inputs/64x48.py',
    '../../../_base_/models/tiny_resnet.py',
    '../../../_base_/datasets/refine_demo.py',
    '../../../_base_/schedules/tiny_14e.py',
]
dataset_type = 'CocoDataset'

model = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.data_preprocessor,
    backbone=_base_.backbone,
    neck=_base_.neck,
    head=dict(
        _base_.head,
        type='PoseFixHead',
        in_channels=64,
        in_index=0,
        out_channels=17,
        deconv_out_channels=(64, ),
        deconv_kernel_sizes=(4, ),
        decode_radius=2,
        decoder=_base_.codec),
    test_cfg=dict(flip_test=True))

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform'),
    dict(type='TopdownAffine', input_size=_base_.codec.input_size),
    dict(type='GenerateTarget', encoder=_base_.codec),
    dict(type='PackPoseInputs')
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=_base_.codec.input_size),
    dict(type='PackPoseInputs')
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
