# How sure: the network stays as it was trained, and learns to predict how good
# its poses and those it is given are. Half of them are what estimators really
# predicted for the training photos.
_base_ = './posefix_thunder_1xb32-13e_photos-256x256.py'
load_from = 'work_dirs/posefix_thunder.pth'

model = dict(head=dict(quality_only=True, keep_margin=None))
max_epochs = 2
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=60, by_epoch=False),
    dict(
        type='CosineAnnealingLR',
        T_max=max_epochs,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True)
]
# what the network does not use does not get a gradient
model_wrapper_cfg = dict(
    type='MMDistributedDataParallel', find_unused_parameters=True)

synthesized = [
    _base_.load_image,
    dict(type='CutByBorder'),
    _base_.misplace,
]
real = [
    _base_.load_image,
    dict(type='DrawInputPose', weigh_scores=True),
    dict(type='CropByInputPose', margin=0, expand=1.2),
]
crop_and_pack = [
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform'),
    dict(type='TopdownAffine', input_size=_base_.codec['input_size']),
    dict(type='TakeInputPose', errors=dict(type='SynthesizePoseError')),
    dict(type='SynthesizeKeypointScores'),
    dict(type='PasteOccluder'),
    dict(type='DegradeImage'),
    dict(type='GenerateTarget', encoder=_base_.codec),
    dict(type='PackRefineInputs'),
]
lspet_files = [
    'data/lspet/blazepose_train_results.json',
    'data/lspet/thunder_train_results.json',
]
mpii_files = [
    'data/mpii/multipose_train_results.json',
    'data/mpii/thunder_boxes_train_results.json',
    'data/mpii/yolo11n_train_results.json',
]
datasets = [
    dict(_base_.lspet_train, pipeline=synthesized),
    dict(_base_.lspet_train, pipeline=real, real_pose_files=lspet_files),
    dict(_base_.mpii_train, pipeline=synthesized),
    dict(_base_.mpii_train, pipeline=real, real_pose_files=mpii_files),
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CombinedDataset',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        datasets=datasets,
        sample_ratio_factor=[.5, .5, 1., 1.],
        pipeline=crop_and_pack))
# photos that nothing was trained on, with real poses, say how honest it is
calibration_dataloader = dict(
    batch_size=32,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CombinedDataset',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        datasets=[dict(part, aside=True) for part in datasets[1::2]],
        pipeline=crop_and_pack))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
