# CrowdPose (14 joints, https://arxiv.org/abs/1812.00324), laid out as for
# mmpose. `pose_file` is what is refined: poses of any estimator in COCO's
# results format. Sigmas: mmpose's, which are those of CrowdPose's own
# evaluation (COCO's; .079 for head and neck).
_base_ = './refine_loaders.py'
data_root = 'data/crowdpose/'

# Which of the release's probabilities a joint has: that of the joint of COCO
# that lies beside it.
joint_groups = dict(
    nose=['top_head'],
    shoulder=['shoulder', 'neck'],
    elbow=['elbow'],
    wrist=['wrist'],
    hip=['hip'],
    knee=['knee'],
    ankle=['ankle'])

train_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/crowdpose.py'),
        dataset=dict(
            type='CrowdPoseDataset',
            data_root=data_root,
            ann_file='annotations/mmpose_crowdpose_trainval.json',
            data_prefix=dict(img='images/'))))
val_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/crowdpose.py'),
        data_root=data_root,
        ann_file='annotations/mmpose_crowdpose_test.json',
        pose_file='pose_results/test.json',
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader

val_evaluator = dict(
    type='CocoMetric',
    ann_file=data_root + 'annotations/mmpose_crowdpose_test.json',
    use_area=False,  # annotations have none: 0.53 of the box
    iou_type='keypoints_crowd',
    prefix='crowdpose',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = val_evaluator
