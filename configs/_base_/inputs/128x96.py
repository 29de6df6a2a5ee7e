_base_ = './256x192.py'

codec = dict(
    type='SoftArgmaxIntegral', input_size=(96, 128), heatmap_size=(24, 32))
pose_sigma = 3.5

train_pipeline = _base_.train_pipeline
train_pipeline[4]['input_size'] = codec['input_size']
train_pipeline[6]['encoder'] = codec
test_pipeline = _base_.test_pipeline
test_pipeline[2]['input_size'] = codec['input_size']
