# Goes on at a higher resolution where the training at 128x96 ended: most of
# what there is to learn costs less than half there.
_base_ = './posefix_lite0_1xb32-20e_lspet-128x96.py'
load_from = 'work_dirs/posefix_lite0_1xb32-20e_lspet-128x96/epoch_20.pth'

codec = dict(
    type='SoftArgmaxIntegral', input_size=(144, 192), heatmap_size=(36, 48))
pose_sigma = 5.25
model = dict(pose_sigma=pose_sigma, head=dict(decoder=codec))

# wrong poses that look right, for keypoints lie on the body
misplace_pose = dict(
    _base_.misplace_pose, limb_swap_prob=.08, confuse_prob=.12)
crop = dict(type='TopdownAffine', input_size=codec['input_size'])
generate_target = dict(type='GenerateTarget', encoder=codec)
train_pipeline = [
    _base_.load_image, misplace_pose, _base_.get_box, *_base_.augment, crop,
    _base_.synthesize_error, generate_target, _base_.pack_refine_inputs
]
test_pipeline = [
    _base_.load_image, _base_.get_box, crop, _base_.get_input_pose,
    _base_.pack_refine_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=16)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = [_base_.warm_up, dict(_base_.cosine, T_max=16)]
