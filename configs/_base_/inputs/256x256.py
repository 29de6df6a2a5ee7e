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
# How the parts of a combined data set load a person: poses are made up, or are
# what estimators really predicted for it.
synthesized = [dict(type='LoadImage'), dict(type='CutByBorder'), misplace]
real = [
    dict(type='LoadImage'),
    dict(type='CutByBorder'),
    dict(type='DrawInputPose', weigh_scores=True),
    dict(type='CropByInputPose', margin=0, expand=1.2),
]
# and what follows for all of them
train_pipeline = [
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform'),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='TakeInputPose', errors=dict(type='SynthesizePoseError')),
    dict(type='SynthesizeKeypointScores'),
    dict(type='HideInputPose', prob=.4),
    dict(type='PasteOccluder'),
    dict(type='DegradeImage', shrink_prob=.4),
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
