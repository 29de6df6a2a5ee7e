# The refiner of the demo: backbone and budget of the estimator's.
_base_ = [
    '../../../_base_/inputs/64x48.py',
    '../../../_base_/models/tiny_resnet.py',
    '../../../_base_/datasets/refine_demo.py',
    '../../../_base_/schedules/tiny_14e.py',
]

# What mmpose's inferencers choose a detector by: none.
dataset_type = 'PoseRefineDataset'
model = dict(
    type='PoseRefiner',
    data_preprocessor=_base_.data_preprocessor,
    num_keypoints=17,
    pose_sigma=_base_.pose_sigma,
    pose_amplitude=1.,
    channels_last=True,
    backbone=_base_.backbone,
    neck=_base_.neck,
    head=dict(
        _base_.head,
        type='PoseFixHead',
        in_channels=64,
        in_index=0,
        out_channels=17,
        deconv_out_channels=(64, ),
        deconv_kernel_sizes=(4, ),
        decode_radius=2,
        decoder=_base_.codec),
    test_cfg=dict(flip_test=True))

# An estimator trained for minutes jitters far more than those that the
# release's probabilities were made for.
synthesize_error = dict(
    _base_.synthesize_error,
    table=dict(
        jitter=[dict(probs={'*': .40})],
        inversion=[dict(probs={'*': .06})],
        swap=[dict(probs={'*': .04})],
        miss=[dict(probs={'*': .10})]))
train_pipeline = [
    _base_.load_image, _base_.get_box, *_base_.augment, _base_.crop,
    synthesize_error, _base_.generate_target, _base_.pack_refine_inputs
]

train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='PoseRefineDataset',
        dataset=_base_.train_dataloader.dataset,
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        type='PoseResultsDataset',
        pose_file='../../estimator.keypoints.json',
        pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(score_mode='bbox')
test_evaluator = val_evaluator
