# Squares, as MoveNet reads: people lie as often as they stand, on photos of
# sport. Augmented towards everyday photos.
codec = dict(
    type='SoftArgmaxIntegral', input_size=(256, 256), heatmap_size=(64, 64))
pose_sigma = 7.

misplace = dict(
    type='MisplacePose',
    prob=.10,
    drop_prob=.04,
    mirror_prob=.03,
    limb_prob=.06,
    limb_swap_prob=.03,
    confuse_prob=.04,
    limbs=[
        ('left_shoulder', 'left_elbow', 'left_wrist'),
        ('right_shoulder', 'right_elbow', 'right_wrist'),
        ('left_hip', 'left_knee', 'left_ankle'),
        ('right_hip', 'right_knee', 'right_ankle'),
    ])
# the parts of a combined data set have loaded the image
train_pipeline = [
    dict(type='CutByBorder'),
    misplace,
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform'),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='SynthesizePoseError'),
    dict(type='SynthesizeKeypointScores'),
    dict(type='PasteOccluder'),
    dict(type='DegradeImage'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackRefineInputs')
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='GetInputPose', weigh_scores=True),
    dict(type='PackRefineInputs')
]
