_base_ = [
    '../../_base_/inputs/128x96.py',
    '../../_base_/models/posefix_lite0.py',
    '../../_base_/datasets/refine_lspet.py',
    '../../_base_/schedules/small_16e.py',
]

model = dict(
    pose_sigma=_base_.pose_sigma,
    passthrough_keypoints=[0, 1, 2, 3, 4],  # nose, eyes, ears: not annotated
    head=dict(decoder=_base_.codec))

# Estimators fail more often on acrobats than on the people of COCO, for which
# the release's probabilities were made.
train_pipeline = _base_.train_pipeline
train_pipeline[5]['table'] = dict(
    jitter=[dict(probs={'*': .15})],
    inversion=[dict(probs={'*': .15})],
    miss=[dict(probs={'*': .20})])

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
