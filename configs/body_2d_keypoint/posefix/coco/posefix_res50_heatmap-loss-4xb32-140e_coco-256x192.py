# Figure 6, coarse to fine with L_H only.
_base_ = './posefix_res50_4xb32-140e_coco-256x192.py'

model = dict(head=dict(coord_loss_weight=0.))
