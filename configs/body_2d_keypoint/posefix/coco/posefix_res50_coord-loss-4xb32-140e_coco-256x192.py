# Figure 6, coarse to fine with L_C only.
_base_ = './posefix_res50_4xb32-140e_coco-256x192.py'

model = dict(head=dict(heatmap_loss_weight=0.))
