# BUCTD's empirical sampling: the input poses of training are what estimators
# predict for the training images. Name results of several models or epochs,
# as its authors do; persons without any prediction get synthesized errors.
_base_ = './buctd-coam_hrnet-w48_2xb12-110e_coco-384x288.py'

train_cfg = dict(max_epochs=210)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(
        type='MultiStepLR',
        begin=0,
        end=210,
        milestones=[170, 200],
        gamma=0.1,
        by_epoch=True)
]
auto_scale_lr = dict(base_batch_size=32)
train_dataloader = dict(
    batch_size=32,
    dataset=dict(real_pose_files=['data/coco/pose_results/train2017.json']))
