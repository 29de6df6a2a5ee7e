# Starts from the ViTPose that mmpose has trained on COCO; needs mmpretrain, as
# it does there.
_base_ = [
    '../../../_base_/inputs/256x192.py',
    '../../../_base_/models/posefix_rgb.py',
    '../../../_base_/datasets/refine_coco.py',
    '../../../_base_/schedules/posefix_140e.py',
]

model = dict(
    pose_sigma=_base_.pose_sigma,
    backbone=dict(
        type='mmpretrain.VisionTransformer',
        arch='base',
        img_size=(256, 192),
        patch_size=16,
        qkv_bias=True,
        drop_path_rate=0.3,
        with_cls_token=False,
        out_type='featmap',
        patch_cfg=dict(padding=2),
        init_cfg=dict(
            type='Pretrained',
            prefix='backbone.',
            checkpoint='https://download.openmmlab.com/mmpose/v1/'
            'body_2d_keypoint/topdown_heatmap/coco/'
            'td-hm_ViTPose-base_8xb64-210e_coco-256x192-216eae50_20230314.pth')),
    head=dict(
        in_channels=768,
        deconv_out_channels=(256, 256),
        deconv_kernel_sizes=(4, 4),
        decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
