_base_ = [
    '../../../_base_/inputs/256x192.py',
    '../../../_base_/models/posefix_res50.py',
    '../../../_base_/datasets/refine_mpii.py',
    '../../../_base_/schedules/posefix_140e.py',
]

model = dict(
    num_keypoints=16,
    pose_sigma=_base_.pose_sigma,
    head=dict(out_channels=16, decoder=_base_.codec))

synthesize_error = dict(
    _base_.synthesize_error, joint_groups=_base_.joint_groups)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    synthesize_error, _base_.generate_target, _base_.pack_refine_inputs
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
default_hooks = dict(checkpoint=dict(save_best='mpii/PCK'))
