# How sure: the network stays as it was trained, and learns to predict how good
# its poses and those it is given are. Most of those are real here.
_base_ = './posefix_thunder_1xb32-24e_photos-256x256.py'
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

train_dataloader = dict(dataset=dict(sample_ratio_factor=[.3, .7, .6, 1.4]))
# photos that nothing was trained on, with real poses, say how honest it is
calibration_dataloader = dict(
    batch_size=32,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CombinedDataset',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        datasets=[dict(part, aside=True) for part in _base_.datasets[1::2]],
        pipeline=_base_.train_pipeline))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
