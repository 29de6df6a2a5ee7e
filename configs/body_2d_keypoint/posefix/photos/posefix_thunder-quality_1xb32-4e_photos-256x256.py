# How sure: the network stays as it was trained, and learns to predict how good
# its poses and those it is given are. Most of those are real here.
_base_ = './posefix_thunder-all_1xb32-4e_photos-256x256.py'

# every pose moves here, so that what is compared is what the network says
model = dict(
    head=dict(quality_only=True, keep_margin=None, merge_input=False))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_dataloader = dict(dataset=dict(sample_ratio_factor=[.3, .7, .6, 1.4]))
# photos that nothing was trained on, with real poses, say how honest it is
calibration_dataloader = dict(
    batch_size=32,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CombinedDataset',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        datasets=[
            dict(part, aside=True)
            for part in _base_.train_dataloader.dataset.datasets[1::2]
        ],
        pipeline=_base_.train_pipeline))
