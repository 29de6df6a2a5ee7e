# Everything that depends on the size of the input (h x w), and the pipelines.
_base_ = './transforms.py'

codec = dict(
    type='SoftArgmaxIntegral', input_size=(192, 256), heatmap_size=(48, 64))
pose_sigma = 7.  # of the input pose's Gaussian maps, in input pixels (code)

crop = dict(type='TopdownAffine', input_size=codec['input_size'])
generate_target = dict(type='GenerateTarget', encoder=codec)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, crop,
    _base_.synthesize_error, generate_target, _base_.pack_refine_inputs
]
# section 8; the dataset has made the box from the pose
test_pipeline = [
    _base_.load_image, _base_.get_box, crop, _base_.get_input_pose,
    _base_.pack_refine_inputs
]
