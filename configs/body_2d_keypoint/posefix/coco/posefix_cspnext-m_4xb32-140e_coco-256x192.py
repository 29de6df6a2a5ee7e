# Starts from the CSPNeXt-m of RTMPose, which mmpose has trained on COCO and AI
# Challenger.
_base_ = [
    '../../../_base_/inputs/256x192.py',
    '../../../_base_/models/posefix_rgb.py',
    '../../../_base_/datasets/refine_coco.py',
    '../../../_base_/schedules/posefix_140e.py',
]

model = dict(
    pose_sigma=_base_.pose_sigma,
    backbone=dict(
        type='CSPNeXt',
        arch='P5',
        expand_ratio=0.5,
        deepen_factor=0.67,
        widen_factor=0.75,
        out_indices=(4, ),
        channel_attention=True,
        norm_cfg=dict(type='SyncBN'),
        act_cfg=dict(type='SiLU'),
        init_cfg=dict(
            type='Pretrained',
            prefix='backbone.',
            checkpoint='https://download.openmmlab.com/mmpose/v1/'
            'projects/rtmposev1/'
            'cspnext-m_udp-aic-coco_210e-256x192-f2f7d6f6_20230130.pth')),
    head=dict(in_channels=768, decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
