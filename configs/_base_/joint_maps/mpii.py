# MPII's 16 joints.
source_metainfo = dict(from_file='configs/_base_/datasets/mpii.py')
