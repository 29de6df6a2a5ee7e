"""Config of the toy project: no GPU, no download, a moment to train."""

custom_imports = dict(imports=['toy_project'], allow_failed_imports=False)
default_scope = 'mmpose'
model = dict(type='ToyModel')
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='ToyDataset'))
val_dataloader = dict(
    batch_size=4,
    num_workers=0,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='ToyDataset'))
test_dataloader = val_dataloader
val_evaluator = dict(type='ToyMetric')
test_evaluator = val_evaluator
train_cfg = dict(by_epoch=True, max_epochs=2, val_interval=1)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(optimizer=dict(type='Adam', lr=0.1))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=1, by_epoch=True),
    dict(type='MultiStepLR', milestones=[1], by_epoch=True),
]
default_hooks = dict(
    checkpoint=dict(
        type='CheckpointHook', interval=1, save_best='toy/mean',
        rule='greater'))
