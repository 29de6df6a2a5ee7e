_base_ = [
    '../../../_base_/inputs/buctd_384x288.py',
    '../../../_base_/models/buctd.py',
    '../../../_base_/models/hrnet_w48.py',
    '../../../_base_/datasets/refine_crowdpose.py',
    '../../../_base_/errors/buctd_crowdpose.py',
    '../../../_base_/schedules/buctd_210e.py',
]

model = dict(
    num_keypoints=14,
    backbone=_base_.backbone,
    fusion=dict(type='PreNet'),
    head=dict(out_channels=14, decoder=_base_.codec))

train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[1]['errors'].update(
    table=_base_.buctd_table, joint_groups=_base_.buctd_joint_groups)
train_dataloader = dict(
    batch_size=24,
    dataset=dict(
        near_iou=1e-6,
        sigmas=_base_.buctd_sigmas,
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(categories=None, pipeline=test_pipeline))
test_dataloader = val_dataloader

# input score x mean of the maps' maxima above 0.2; no NMS (code)
val_evaluator = dict(
    score_mode='bbox_keypoint', keypoint_score_thr=0.2, nms_mode='none')
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP'))
