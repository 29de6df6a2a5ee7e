# COCO-WholeBody's 133 joints in one list.
source_metainfo = dict(from_file='configs/_base_/datasets/coco_wholebody.py')
