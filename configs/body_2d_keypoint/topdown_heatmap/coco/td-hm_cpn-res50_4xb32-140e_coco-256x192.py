# Its results on val2017 are what PoseFix refines in figure 6.
_base_ = [
    '../../integral_regression/coco/ipr_res50_4xb32-140e_coco-256x192.py',
    '../../../_base_/models/cpn_res50.py',
]

codec = dict(
    type='MSRAHeatmap', input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
estimator = _base_.estimator
estimator['head']['decoder'] = codec
model = dict(
    _delete_=True,
    data_preprocessor=_base_.model.data_preprocessor,
    test_cfg=dict(flip_test=True, flip_mode='heatmap', shift_heatmap=True),
    **estimator)

generate_target = dict(type='GenerateTarget', encoder=codec)
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    generate_target, _base_.pack_pose_inputs
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
