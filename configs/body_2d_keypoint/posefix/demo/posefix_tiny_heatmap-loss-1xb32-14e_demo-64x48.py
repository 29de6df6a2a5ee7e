# Figure 6, coarse to fine with L_H only.
_base_ = './posefix_tiny_1xb32-14e_demo-64x48.py'

model = dict(head=dict(coord_loss_weight=0.))
