_base_ = 'mmpose::_base_/default_runtime.py'

custom_imports = dict(imports=['posefix_mm'], allow_failed_imports=False)

# At validation: input pose, prediction and truth on the same crops, and the
# mean OKS before and after. For TensorBoard besides files:
#   visualizer = dict(vis_backends=[dict(type='LocalVisBackend'),
#                                   dict(type='TensorboardVisBackend')])
default_hooks = dict(
    refine_visualization=dict(type='RefineVisualizationHook'),
    # tools/test.py --badcase
    badcase=dict(
        _delete_=True,
        type='OKSBadCaseHook',
        enable=False,
        out_dir='badcase',
        metric_type='accuracy',
        badcase_thr=.5))
data_mode = 'topdown'  # mmpose's inferencers ask for it
