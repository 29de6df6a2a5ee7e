# PoseTrack18 (17 joints, https://arxiv.org/abs/1710.10000), laid out as for
# mmpose. `pose_file` is what is refined: poses of any estimator in COCO's
# results format.
_base_ = ['./refine_loaders.py', 'mmpose::_base_/datasets/posetrack18.py']
data_root = 'data/posetrack18/'

# Both ends of the head have the release's sigma; in mmpose's skeleton they
# have that of the eyes, whose places they take among the joints.
sigmas = [
    .026, .035, .035, .035, .035, .079, .079, .072, .072, .062, .062, .107,
    .107, .087, .087, .089, .089
]
metainfo = dict(_base_.dataset_info, sigmas=sigmas)
# Never annotated: never shown to the refiner, and left as they come.
absent_keypoints = ['left_ear', 'right_ear']
passthrough_keypoints = [3, 4]
# Which of the release's probabilities a joint has: those of the joint of COCO
# that has its number, as in the release.
joint_groups = dict(
    nose=['nose'],
    eye=['head_bottom', 'head_top'],
    ear=['ear'],
    shoulder=['shoulder'],
    elbow=['elbow'],
    wrist=['wrist'],
    hip=['hip'],
    knee=['knee'],
    ankle=['ankle'])

train_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        dataset=dict(
            type='PoseTrack18Dataset',
            data_root=data_root,
            ann_file='annotations/posetrack18_train.json',
            data_prefix=dict(img=''))))
val_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        data_root=data_root,
        ann_file='annotations/posetrack18_val.json',
        absent_keypoints=absent_keypoints,
        pose_file='pose_results/val.json',
        data_prefix=dict(img='')))
test_dataloader = val_dataloader

# What poseval gives, see docs/datasets.md. Results are written per video into
# the folder of `outfile_prefix`.
val_evaluator = dict(
    type='PoseTrackAP',
    ann_file=data_root + 'annotations/posetrack18_val.json',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = val_evaluator
