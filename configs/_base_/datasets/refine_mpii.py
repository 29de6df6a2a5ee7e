# MPII (16 joints, https://doi.org/10.1109/CVPR.2014.471), laid out as for
# mmpose. `pose_file` is what is refined: poses of any estimator in COCO's
# results format, image_id being the number in the image's name.
_base_ = './refine_loaders.py'
data_root = 'data/mpii/'

# MPII has no sigmas. Those of mmpose's mpii.py are "adapted from COCO" but
# make shoulders .179 and the pelvis .026. These are COCO's of the same joint;
# the pelvis is between hips, thorax and neck are CrowdPose's neck, the top of
# the head is CrowdPose's.
sigmas = [
    .089, .087, .107, .107, .087, .089, .107, .079, .079, .079, .062, .072,
    .079, .079, .072, .062
]
# Which of the release's probabilities a joint has: that of the joint of COCO
# that lies beside it.
joint_groups = dict(
    nose=['head_top'],
    shoulder=['shoulder', 'thorax', 'upper_neck'],
    elbow=['elbow'],
    wrist=['wrist'],
    hip=['hip', 'pelvis'],
    knee=['knee'],
    ankle=['ankle'])

train_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/mpii.py'),
        # MPII has a centre and a height only: squares that are too large.
        pose_box_expand=1.2,
        sigmas=sigmas,
        dataset=dict(
            type='ZeroBasedMpiiDataset',
            data_root=data_root,
            ann_file='annotations/mpii_train.json',
            data_prefix=dict(img='images/'))))
val_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/mpii.py'),
        data_root=data_root,
        ann_file='annotations/mpii_val.json',
        pose_file='pose_results/val.json',
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader

val_evaluator = dict(
    type='MatchedMpiiPCKAccuracy',
    ann_file=data_root + 'annotations/mpii_val.json',
    headbox_file=data_root + 'annotations/mpii_gt_val.mat')
test_evaluator = val_evaluator
