# Leeds Sports Pose Extended once and MPII twice an epoch, as COCO-17: 12 body
# joints are annotated, MoveNet Thunder's estimates stand in for nose, eyes and
# ears. MPII's photos that look like some validation photo are left out; every
# fifteenth photo is kept aside for calibration.
_base_ = './refine_loaders.py'

aside_every = 15
lspet_train = dict(
    type='PoseRefineDataset',
    pipeline=[],
    aside_every=aside_every,
    estimate_file='data/lspet/thunder_train_results.json',
    pseudo_label_score=0.5,
    dataset=dict(
        type='CocoDataset',
        data_root='data/lspet/',
        ann_file='person_keypoints_train.json',
        data_prefix=dict(img='images_train/')))
mpii_train = dict(
    type='PoseRefineDataset',
    pipeline=[],
    aside_every=aside_every,
    exclude_flag='same_video_as_val',
    estimate_file='data/mpii/thunder_boxes_train_results.json',
    pseudo_label_score=0.5,
    dataset=dict(
        type='CocoDataset',
        data_root='data/mpii/',
        ann_file='person_keypoints_train.json',
        data_prefix=dict(img='images_train/')))
lspet_results = [
    'data/lspet/blazepose_train_results.json',
    'data/lspet/thunder_train_results.json',
]
mpii_results = [
    'data/mpii/multipose_train_results.json',
    'data/mpii/thunder_boxes_train_results.json',
    'data/mpii/yolo11n_train_results.json',
]
train_dataloader = dict(
    num_workers=1,
    dataset=dict(
        _delete_=True,
        type='CombinedDataset',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        datasets=[lspet_train, mpii_train],
        sample_ratio_factor=[1., 2.]))
val_dataloader = dict(
    num_workers=1,
    dataset=dict(
        data_root='data/mpii/',
        ann_file='person_keypoints_val.json',
        pose_file='multipose_val_results.json',
        data_prefix=dict(img='images_val/')))
test_dataloader = val_dataloader
val_evaluator = dict(
    type='CocoMetric',
    ann_file='data/mpii/person_keypoints_val.json',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = val_evaluator
