# Leeds Sports Pose Extended, cropped, as COCO-17: 12 body joints are
# annotated; another model's estimates stand in for nose, eyes and ears.
_base_ = './refine_loaders.py'
data_root = 'data/lspet/'

train_dataloader = dict(
    num_workers=1,
    dataset=dict(
        estimate_file=data_root + 'blazepose_train_results.json',
        dataset=dict(
            type='CocoDataset',
            data_root=data_root,
            ann_file='person_keypoints_train.json',
            data_prefix=dict(img='images_train/'))))
val_dataloader = dict(
    num_workers=1,
    dataset=dict(
        data_root=data_root,
        ann_file='person_keypoints_val.json',
        pose_file='blazepose_val_results.json',
        data_prefix=dict(img='images_val/')))
test_dataloader = val_dataloader

val_evaluator = dict(
    type='CocoMetric',
    ann_file=data_root + 'person_keypoints_val.json',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = val_evaluator
