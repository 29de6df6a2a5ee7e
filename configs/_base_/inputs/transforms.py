# The transforms, each by a name of its own: a config that changes one writes
# its pipeline out with the changed one in its place.
load_image = dict(type='LoadImage')
get_box = dict(type='GetBBoxCenterScale', padding=1.25)
# sections 3 and 4
augment = [
    dict(type='RandomFlip', prob=0.5),
    dict(type='ClippedNormalBBoxTransform')
]
synthesize_error = dict(type='SynthesizePoseError')
get_input_pose = dict(type='GetInputPose')
pack_refine_inputs = dict(type='PackRefineInputs')
pack_pose_inputs = dict(type='PackPoseInputs')  # of estimators
