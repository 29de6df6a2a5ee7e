# The refiner of COCO, validated and tested on OCHuman.
_base_ = [
    '../../../_base_/inputs/256x192.py',
    '../../../_base_/models/posefix_res50.py',
    '../../../_base_/datasets/refine_ochuman.py',
    '../../../_base_/schedules/posefix_140e.py',
]

model = dict(
    pose_sigma=_base_.pose_sigma, head=dict(decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
