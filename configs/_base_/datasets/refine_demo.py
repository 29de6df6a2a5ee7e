# Pictures drawn by posefix_mm.testing; tools/demo.py makes them.
data_root = 'data/demo/'

train_dataloader = dict(
    batch_size=32,
    num_workers=0,  # the two trainings of the demo fill two cores as it is
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CocoDataset',
        data_root=data_root,
        ann_file='train/annotations.json',
        data_prefix=dict(img='train/images/')))
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='CocoDataset',
        test_mode=True,
        data_root=data_root,
        ann_file='val/annotations.json',
        data_prefix=dict(img='val/images/')))
test_dataloader = val_dataloader

val_evaluator = dict(
    type='CocoMetric', ann_file=data_root + 'val/annotations.json')
test_evaluator = val_evaluator
