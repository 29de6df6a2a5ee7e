# Whole images of COCO 2017's val, for models that find the people themselves.
data_root = 'data/coco/'

test_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape'))
]
test_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='CocoDataset',
        data_root=data_root,
        data_mode='bottomup',  # one sample for each image
        test_mode=True,
        ann_file='annotations/person_keypoints_val2017.json',
        data_prefix=dict(img='val2017/'),
        pipeline=test_pipeline))
val_dataloader = test_dataloader

# The score of a person is its box's times its keypoints', as for the
# estimator alone; OKS-NMS at 0.9, as for the refiner alone.
test_evaluator = dict(
    type='CocoMetric',
    ann_file=data_root + 'annotations/person_keypoints_val2017.json',
    score_mode='bbox_keypoint',
    nms_mode='oks_nms',
    nms_thr=0.9)
val_evaluator = test_evaluator
