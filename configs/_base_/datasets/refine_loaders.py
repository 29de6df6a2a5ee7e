# What the data loaders of all data sets have in common: wrong poses are made
# up for training, the poses of a results file are refined otherwise.
#
# The names of these files must not be mmpose's: it looks for its own
# 'configs/_base_/datasets/coco.py' from the current folder first.
train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    # Results of any estimator on the training images, as in the release, let
    # keypoints without annotation take part; None leaves them out.
    dataset=dict(type='PoseRefineDataset', estimate_file=None))
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(type='PoseResultsDataset'))
test_dataloader = val_dataloader
