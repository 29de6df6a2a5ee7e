# What ships is trained on all photos at last, also on those that share a video
# with a validation photo: AP on MPII's is partly memory from here on.
_base_ = './posefix_thunder_1xb32-24e_photos-256x256.py'
load_from = 'work_dirs/posefix_thunder.pth'

max_epochs = 4
train_cfg = dict(max_epochs=max_epochs)
optim_wrapper = dict(optimizer=dict(lr=1.5e-4))
param_scheduler = [
    dict(_base_.warm_up, end=60),
    dict(_base_.cosine, T_max=max_epochs)
]
train_dataloader = dict(
    dataset=dict(datasets=[
        dict(part, exclude_flag=None) for part in _base_.datasets
    ]))
