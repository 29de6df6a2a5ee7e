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
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    _base_.generate_target, _base_.pack_pose_inputs
]
test_pipeline = [
    _base_.load_image, _base_.get_box, _base_.crop, _base_.pack_pose_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
