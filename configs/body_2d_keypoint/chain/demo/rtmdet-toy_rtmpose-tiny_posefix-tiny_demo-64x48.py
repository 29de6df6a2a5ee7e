# A chain for the demo's pictures. The parts' weights, if there are any, are
# named by --cfg-options model.estimator.checkpoint=... and so on.
_base_ = [
    '../../../_base_/default_runtime.py',
    '../../../_base_/datasets/whole_images_demo.py',
]

model = dict(
    type='ChainedPoseRefiner',
    detector=dict(
        config='posefix_mm::_base_/detectors/rtmdet_toy_person.py',
        checkpoint=None,
        bbox_thr=0.,
        nms_thr=None),
    estimator=dict(
        config='posefix_mm::body_2d_keypoint/rtmpose/demo/'
        'rtmpose_tiny_1xb32-14e_demo-64x48.py',
        checkpoint=None),
    refiner=dict(
        config='posefix_mm::body_2d_keypoint/posefix/demo/'
        'posefix_tiny_1xb32-14e_demo-64x48.py'))
# the parts are trained by themselves
train_cfg = None
