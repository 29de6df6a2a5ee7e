# The network of COCO, validated and tested on OCHuman. Further passes: feed
# the results in again as `pose_file`; docs/refiners.md tells how.
_base_ = [
    '../../../_base_/inputs/buctd_384x288.py',
    '../../../_base_/models/buctd.py',
    '../../../_base_/models/hrnet_w48.py',
    '../../../_base_/datasets/refine_ochuman.py',
    '../../../_base_/schedules/buctd_110e.py',
]

model = dict(
    backbone=_base_.backbone,
    fusion=_base_.coam,
    head=dict(decoder=_base_.codec))

train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[2]['margin'] = test_pipeline[1]['margin'] = 0.  # COCO's W48
train_dataloader = dict(
    batch_size=12,
    dataset=dict(near_iou=1e-6, pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(categories=None, pipeline=test_pipeline))
test_dataloader = dict(
    dataset=dict(categories=None, pipeline=test_pipeline))

# input score x mean of the maps' maxima above 0.2; no NMS (code)
val_evaluator = dict(
    score_mode='bbox_keypoint', keypoint_score_thr=0.2, nms_mode='none')
test_evaluator = dict(
    score_mode='bbox_keypoint', keypoint_score_thr=0.2, nms_mode='none')
