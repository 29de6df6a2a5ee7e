_base_ = [
    '../../../_base_/inputs/buctd_384x288.py',
    '../../../_base_/models/buctd.py',
    '../../../_base_/models/hrnet_w48.py',
    '../../../_base_/datasets/refine_coco.py',
    '../../../_base_/schedules/buctd_210e.py',
]

model = dict(
    backbone=_base_.backbone,
    fusion=dict(type='PreNet'),
    head=dict(decoder=_base_.codec))

train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[2]['margin'] = test_pipeline[1]['margin'] = 0.  # COCO's W48
train_dataloader = dict(
    batch_size=24,
    dataset=dict(near_iou=1e-6, pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(categories=None, pipeline=test_pipeline))
test_dataloader = val_dataloader

# input score x mean of the maps' maxima above 0.2; no NMS (code)
val_evaluator = dict(
    score_mode='bbox_keypoint', keypoint_score_thr=0.2, nms_mode='none')
test_evaluator = val_evaluator
