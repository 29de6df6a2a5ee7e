# Figure 6, fine to fine: the input pose as one-hot maps.
_base_ = './posefix_tiny_1xb32-14e_demo-64x48.py'

model = dict(pose_sigma=None)
