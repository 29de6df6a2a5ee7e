# Whole pictures drawn by posefix_mm.testing; tools/demo.py makes them.
_base_ = './whole_images_coco.py'

data_root = 'data/demo/'
test_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        data_root=data_root,
        ann_file='val/annotations.json',
        data_prefix=dict(img='val/images/')))
val_dataloader = test_dataloader
test_evaluator = dict(ann_file=data_root + 'val/annotations.json')
val_evaluator = test_evaluator
