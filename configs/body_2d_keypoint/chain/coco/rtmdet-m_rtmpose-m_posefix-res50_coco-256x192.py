# RTMDet-m -> RTMPose-m -> PoseFix with ResNet-50, evaluated in one run:
# python tools/test.py THIS_CONFIG WEIGHTS_OF_THE_REFINER
_base_ = [
    '../../../_base_/default_runtime.py',
    '../../../_base_/datasets/whole_images_coco.py',
]

_weights = 'https://download.openmmlab.com/mmpose/v1/projects/'
model = dict(
    type='ChainedPoseRefiner',
    detector=dict(
        config='posefix_mm::_base_/detectors/rtmdet_m_person.py',
        checkpoint=_weights +
        'rtmposev1/rtmdet_m_8xb32-100e_coco-obj365-person-235e8209.pth',
        # those of low scores count in AP; the detector's own NMS is enough
        bbox_thr=0.05,
        nms_thr=None),
    estimator=dict(
        config='mmpose::body_2d_keypoint/rtmpose/coco/'
        'rtmpose-m_8xb256-420e_coco-256x192.py',
        checkpoint=_weights + 'rtmposev1/'
        'rtmpose-m_simcc-coco_pt-aic-coco_420e-256x192-d8dd5ca4_20230127.pth'),
    refiner=dict(
        config='posefix_mm::body_2d_keypoint/posefix/coco/'
        'posefix_res50_4xb32-140e_coco-256x192.py'))
# the parts are trained by themselves
train_cfg = None
