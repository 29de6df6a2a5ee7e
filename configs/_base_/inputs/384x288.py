_base_ = './transforms.py'

codec = dict(
    type='SoftArgmaxIntegral', input_size=(288, 384), heatmap_size=(72, 96))
pose_sigma = 9.

crop = dict(type='TopdownAffine', input_size=codec['input_size'])
generate_target = dict(type='GenerateTarget', encoder=codec)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, crop,
    _base_.synthesize_error, generate_target, _base_.pack_refine_inputs
]
test_pipeline = [
    _base_.load_image, _base_.get_box, crop, _base_.get_input_pose,
    _base_.pack_refine_inputs
]
