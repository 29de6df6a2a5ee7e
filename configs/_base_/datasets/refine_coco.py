# COCO 2017 keypoints, laid out as for mmpose. `pose_file` is what is refined:
# a results file of any estimator on val2017.
_base_ = './refine_loaders.py'
data_root = 'data/coco/'

train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            type='CocoDataset',
            data_root=data_root,
            ann_file='annotations/person_keypoints_train2017.json',
            data_prefix=dict(img='train2017/'))))
val_dataloader = dict(
    dataset=dict(
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
