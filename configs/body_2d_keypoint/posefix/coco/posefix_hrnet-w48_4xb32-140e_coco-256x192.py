# Starts from the estimator that mmpose has trained on COCO.
_base_ = [
    '../../../_base_/inputs/256x192.py',
    '../../../_base_/models/posefix_rgb.py',
    '../../../_base_/models/hrnet_w48.py',
    '../../../_base_/datasets/refine_coco.py',
    '../../../_base_/schedules/posefix_140e.py',
]

backbone = dict(
    _base_.backbone,
    init_cfg=dict(
        type='Pretrained',
        prefix='backbone.',
        checkpoint='https://download.openmmlab.com/mmpose/v1/'
        'body_2d_keypoint/topdown_heatmap/coco/'
        'td-hm_hrnet-w48_8xb32-210e_coco-256x192-0e67c616_20220913.pth'))
model = dict(
    pose_sigma=_base_.pose_sigma,
    backbone=backbone,
    head=dict(
        in_channels=48, deconv_out_channels=None, decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
