_base_ = './256x192.py'

# Half the input's resolution: a quarter would be too coarse for so small a
# picture.
codec = dict(
    type='SoftArgmaxIntegral', input_size=(48, 64), heatmap_size=(24, 32))
pose_sigma = 2.

train_pipeline = _base_.train_pipeline
train_pipeline[4]['input_size'] = codec['input_size']
train_pipeline[6]['encoder'] = codec
test_pipeline = _base_.test_pipeline
test_pipeline[2]['input_size'] = codec['input_size']
