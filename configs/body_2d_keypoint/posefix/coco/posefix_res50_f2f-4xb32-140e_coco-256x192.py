# Figure 6, fine to fine: the input pose as one-hot maps.
_base_ = './posefix_res50_4xb32-140e_coco-256x192.py'

model = dict(pose_sigma=None)
