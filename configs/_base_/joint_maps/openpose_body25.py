# OpenPose's BODY_25, in the order of
# https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/02_output.md
# Joints are called as in halpe26 and coco, so that they meet by name.
source_joints = [
    'nose', 'neck', 'right_shoulder', 'right_elbow', 'right_wrist',
    'left_shoulder', 'left_elbow', 'left_wrist', 'hip', 'right_hip',
    'right_knee', 'right_ankle', 'left_hip', 'left_knee', 'left_ankle',
    'right_eye', 'left_eye', 'right_ear', 'left_ear', 'left_big_toe',
    'left_small_toe', 'left_heel', 'right_big_toe', 'right_small_toe',
    'right_heel'
]
