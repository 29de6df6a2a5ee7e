# Sport photos of one and of several people, from MoveNet Thunder's weights.
_base_ = [
    '../../../_base_/inputs/256x256.py',
    '../../../_base_/models/posefix_thunder.py',
    '../../../_base_/datasets/refine_photos.py',
    '../../../_base_/schedules/small_20e.py',
]
load_from = 'work_dirs/movenet_thunder.pth'

model = dict(
    pose_sigma=_base_.pose_sigma, head=dict(decoder=_base_.codec))

# LSPET once, MPII twice an epoch; two of five poses are real ones
datasets = [
    dict(_base_.lspet_train, pipeline=_base_.synthesized),
    dict(
        _base_.lspet_train,
        pipeline=_base_.real,
        real_pose_files=_base_.lspet_results),
    dict(_base_.mpii_train, pipeline=_base_.synthesized),
    dict(
        _base_.mpii_train,
        pipeline=_base_.real,
        real_pose_files=_base_.mpii_results),
]
train_dataloader = dict(
    dataset=dict(
        datasets=datasets,
        sample_ratio_factor=[.6, .4, 1.2, .8],
        pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader

max_epochs = 24
train_cfg = dict(max_epochs=max_epochs, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=2e-4))
param_scheduler = [
    dict(_base_.warm_up, end=60),
    dict(_base_.cosine, T_max=max_epochs)
]
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.004,
        gamma=500,
        update_buffers=True,
        priority=49)
]
