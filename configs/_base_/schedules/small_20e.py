_base_ = '../default_runtime.py'

# For small networks, few images and processors: AdamW, a short warm-up, a
# cosine, and the average of the weights over the last epochs.
train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=2)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.02),
    clip_grad=dict(max_norm=10.))
warm_up = dict(
    type='LinearLR', start_factor=0.01, begin=0, end=200, by_epoch=False)
cosine = dict(
    type='CosineAnnealingLR',
    T_max=20,
    eta_min=1e-5,
    by_epoch=True,
    convert_to_iter_based=True)
param_scheduler = [warm_up, cosine]
auto_scale_lr = dict(base_batch_size=32)
default_hooks = dict(
    checkpoint=dict(save_best='coco/AP', rule='greater', max_keep_ckpts=2))
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.002,
        update_buffers=True,
        priority=49)
]
