_base_ = './posefix_res50_4xb32-140e_mpii-384x288.py'

model = dict(
    backbone=dict(
        depth=101,
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet101')))
