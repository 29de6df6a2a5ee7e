_base_ = '../default_runtime.py'

# Minutes on two cores; nothing is validated before the end.
train_cfg = dict(by_epoch=True, max_epochs=14, val_interval=14)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=4e-3, weight_decay=0.02),
    clip_grad=dict(max_norm=10.))
warm_up = dict(
    type='LinearLR', start_factor=0.01, begin=0, end=50, by_epoch=False)
cosine = dict(
    type='CosineAnnealingLR',
    T_max=14,
    eta_min=1e-5,
    by_epoch=True,
    convert_to_iter_based=True)
param_scheduler = [warm_up, cosine]
auto_scale_lr = dict(base_batch_size=32)
default_hooks = dict(
    logger=dict(interval=10), checkpoint=dict(max_keep_ckpts=1))
