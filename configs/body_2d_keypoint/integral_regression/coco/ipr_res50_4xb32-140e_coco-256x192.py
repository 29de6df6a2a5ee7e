# IntegralPose of section 10: PoseFix's network, losses and recipe without an
# input pose.
_base_ = [
    '../../../_base_/inputs/256x192.py',
    '../../../_base_/models/posefix_res50.py',
    '../../../_base_/datasets/refine_coco.py',
    '../../../_base_/schedules/posefix_140e.py',
]
dataset_type = 'CocoDataset'

model = dict(
    _delete_=True,
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    head=dict(_base_.model.head, decoder=_base_.codec),
    test_cfg=dict(flip_test=True))

train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    _base_.generate_target, _base_.pack_pose_inputs
]
test_pipeline = [
    _base_.load_image, _base_.get_box, _base_.crop, _base_.pack_pose_inputs
]
data_root = 'data/coco/'
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CocoDataset',
        data_root=data_root,
        ann_file='annotations/person_keypoints_train2017.json',
        data_prefix=dict(img='train2017/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CocoDataset',
        test_mode=True,
        data_root=data_root,
        ann_file='annotations/person_keypoints_val2017.json',
        bbox_file=data_root + 'person_detection_results/'
        'COCO_val2017_detections_AP_H_56_person.json',
        data_prefix=dict(img='val2017/'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(score_mode='bbox_keypoint')
test_evaluator = val_evaluator
