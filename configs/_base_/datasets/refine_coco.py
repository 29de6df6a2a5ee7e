# The names of these files must not be mmpose's: it looks for its own
# 'configs/_base_/datasets/coco.py' from the current folder first.
# COCO 2017 keypoints, laid out as for mmpose. `pose_file` is what is refined:
# a results file of any estimator on val2017.
data_root = 'data/coco/'

train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='PoseRefineDataset',
        # Results of any estimator on train2017, as in the release, let
        # keypoints without annotation take part; None leaves them out.
        estimate_file=None,
        dataset=dict(
            type='CocoDataset',
            data_root=data_root,
            ann_file='annotations/person_keypoints_train2017.json',
            data_prefix=dict(img='train2017/'))))
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='PoseResultsDataset',
        data_root=data_root,
        ann_file='annotations/person_keypoints_val2017.json',
        pose_file='pose_results/val2017.json',
        data_prefix=dict(img='val2017/')))
test_dataloader = val_dataloader

# Section 8: the input's scores are kept, OKS-NMS at 0.9.
val_evaluator = dict(
    type='CocoMetric',
    ann_file=data_root + 'annotations/person_keypoints_val2017.json',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = val_evaluator
