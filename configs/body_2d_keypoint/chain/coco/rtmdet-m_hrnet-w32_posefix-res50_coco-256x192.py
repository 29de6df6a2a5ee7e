# RTMDet-m -> HRNet-W32 -> PoseFix with ResNet-50, evaluated in one run.
_base_ = './rtmdet-m_rtmpose-m_posefix-res50_coco-256x192.py'

model = dict(
    estimator=dict(
        config='mmpose::body_2d_keypoint/topdown_heatmap/coco/'
        'td-hm_hrnet-w32_8xb64-210e_coco-256x192.py',
        checkpoint='https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
        'topdown_heatmap/coco/'
        'td-hm_hrnet-w32_8xb64-210e_coco-256x192-81c58e40_20220909.pth'))
