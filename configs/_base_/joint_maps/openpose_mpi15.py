# The 15 joints of OpenPose's MPI model, in the order of
# https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/02_output.md
source_joints = [
    'head_top', 'neck', 'right_shoulder', 'right_elbow', 'right_wrist',
    'left_shoulder', 'left_elbow', 'left_wrist', 'right_hip', 'right_knee',
    'right_ankle', 'left_hip', 'left_knee', 'left_ankle', 'chest'
]
