_base_ = [
    '../../../_base_/inputs/384x288.py',
    '../../../_base_/models/posefix_res50.py',
    '../../../_base_/datasets/refine_mpii.py',
    '../../../_base_/schedules/posefix_140e.py',
]

model = dict(
    num_keypoints=16,
    pose_sigma=_base_.pose_sigma,
    head=dict(out_channels=16, decoder=_base_.codec))

train_pipeline = _base_.train_pipeline
train_pipeline[5]['joint_groups'] = _base_.joint_groups

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
default_hooks = dict(checkpoint=dict(save_best='mpii/PCK'))
