# COCO's 17 joints.
source_metainfo = dict(from_file='configs/_base_/datasets/coco.py')
