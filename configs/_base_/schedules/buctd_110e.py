_base_ = '../default_runtime.py'

# What the release's first test scripts carry, probably how its weights were
# made, with 2 x 12 samples.
train_cfg = dict(by_epoch=True, max_epochs=110, val_interval=10)
val_cfg = dict()
test_cfg = dict()

# the weight decay of its configuration is not passed on (code)
optim_wrapper = dict(optimizer=dict(type='Adam', lr=2e-3))
param_scheduler = [
    dict(
        type='MultiStepLR',
        begin=0,
        end=110,
        milestones=[70, 100],
        gamma=0.1,
        by_epoch=True)
]
auto_scale_lr = dict(base_batch_size=24)
default_hooks = dict(
    checkpoint=dict(save_best='coco/AP', rule='greater', max_keep_ckpts=3))
