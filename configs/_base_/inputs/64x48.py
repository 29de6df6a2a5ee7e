_base_ = './256x192.py'

codec = dict(
    type='SoftArgmaxIntegral', input_size=(48, 64), heatmap_size=(12, 16))
pose_sigma = 2.

train_pipeline = _base_.train_pipeline
train_pipeline[4]['input_size'] = codec['input_size']
train_pipeline[6]['encoder'] = codec
test_pipeline = _base_.test_pipeline
test_pipeline[2]['input_size'] = codec['input_size']
