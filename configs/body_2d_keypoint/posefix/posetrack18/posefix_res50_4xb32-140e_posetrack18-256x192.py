_base_ = [
    '../../../_base_/inputs/256x192.py',
    '../../../_base_/models/posefix_res50.py',
    '../../../_base_/datasets/refine_posetrack18.py',
    '../../../_base_/schedules/posefix_140e.py',
]

model = dict(
    passthrough_keypoints=_base_.passthrough_keypoints,
    pose_sigma=_base_.pose_sigma,
    head=dict(decoder=_base_.codec))

synthesize_error = dict(
    _base_.synthesize_error,
    joint_groups=_base_.joint_groups,
    absent_keypoints=_base_.absent_keypoints)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    synthesize_error, _base_.generate_target, _base_.pack_refine_inputs
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
default_hooks = dict(checkpoint=dict(save_best='posetrack18/AP'))
