# Inherits nothing: to find a config of another package, MMEngine reads the
# whole of its model index, which takes longer than all else in a config.
default_scope = 'mmpose'
data_mode = 'topdown'  # mmpose's inferencers ask for it
custom_imports = dict(imports=['posefix_mm'], allow_failed_imports=False)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=10),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='PoseVisualizationHook', enable=False),
    # At validation: input pose, prediction and truth on the same crops, and
    # the mean OKS before and after. For TensorBoard besides files:
    #   visualizer = dict(vis_backends=[dict(type='LocalVisBackend'),
    #                                   dict(type='TensorboardVisBackend')])
    refine_visualization=dict(type='RefineVisualizationHook'),
    # tools/test.py --badcase
    badcase=dict(
        type='OKSBadCaseHook',
        enable=False,
        out_dir='badcase',
        metric_type='accuracy',
        badcase_thr=.5))
custom_hooks = [dict(type='SyncBuffersHook')]

train_cfg = dict(by_epoch=True)
val_cfg = dict()
test_cfg = dict()

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='PoseLocalVisualizer', vis_backends=vis_backends, name='visualizer')
log_processor = dict(
    type='LogProcessor', window_size=50, by_epoch=True, num_digits=6)
log_level = 'INFO'
load_from = None
resume = False
backend_args = dict(backend='local')
