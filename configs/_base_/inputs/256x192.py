# Everything that depends on the size of the input (h x w), and the pipelines.
codec = dict(
    type='SoftArgmaxIntegral', input_size=(192, 256), heatmap_size=(48, 64))
pose_sigma = 7.  # of the input pose's Gaussian maps, in input pixels (code)

# sections 3 and 4
train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform'),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='SynthesizePoseError'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackRefineInputs')
]
# section 8; the dataset has made the box from the pose
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='GetInputPose'),
    dict(type='PackRefineInputs')
]
