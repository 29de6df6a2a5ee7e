# Goes on at a higher resolution where the training at 128x96 ended: most of
# what there is to learn costs less than half there.
_base_ = './posefix_lite0_1xb32-20e_lspet-128x96.py'
load_from = 'work_dirs/posefix_lite0_1xb32-20e_lspet-128x96/epoch_20.pth'

codec = dict(
    type='SoftArgmaxIntegral', input_size=(144, 192), heatmap_size=(36, 48))
pose_sigma = 5.25
model = dict(pose_sigma=pose_sigma, head=dict(decoder=codec))

train_pipeline = _base_.train_pipeline
# wrong poses that look right, for keypoints lie on the body
train_pipeline[1].update(limb_swap_prob=.08, confuse_prob=.12)
train_pipeline[5]['input_size'] = codec['input_size']
train_pipeline[7]['encoder'] = codec
test_pipeline = _base_.test_pipeline
test_pipeline[2]['input_size'] = codec['input_size']
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=16)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = _base_.param_scheduler
param_scheduler[1]['T_max'] = 16
