# PoseTrack18 (17 joints, https://arxiv.org/abs/1710.10000), laid out as for
# mmpose. `pose_file` is what is refined: poses of any estimator in COCO's
# results format. Sigmas: mmpose's, COCO's by position (head_bottom and
# head_top have those of the eyes).
_base_ = './refine_loaders.py'
data_root = 'data/posetrack18/'

# Never annotated: never shown to the refiner, and left as they come.
absent_keypoints = ['left_ear', 'right_ear']
passthrough_keypoints = [3, 4]
# Which of the release's probabilities a joint has: that of the joint of COCO
# that lies beside it.
joint_groups = dict(
    nose=['nose', 'head_top'],
    ear=['ear'],
    shoulder=['shoulder', 'head_bottom'],
    elbow=['elbow'],
    wrist=['wrist'],
    hip=['hip'],
    knee=['knee'],
    ankle=['ankle'])

train_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/posetrack18.py'),
        dataset=dict(
            type='PoseTrack18Dataset',
            data_root=data_root,
            ann_file='annotations/posetrack18_train.json',
            data_prefix=dict(img=''))))
val_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/posetrack18.py'),
        data_root=data_root,
        ann_file='annotations/posetrack18_val.json',
        pose_file='pose_results/val.json',
        data_prefix=dict(img='')))
test_dataloader = val_dataloader

# Needs poseval, see docs/datasets.md. Results are written per video into the
# folder of `outfile_prefix`.
val_evaluator = dict(
    type='PoseTrack18Metric',
    ann_file=data_root + 'annotations/posetrack18_val.json',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = val_evaluator
