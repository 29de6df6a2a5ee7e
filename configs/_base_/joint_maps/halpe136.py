# Halpe's 136 joints with face and hands (AlphaPose).
source_metainfo = dict(from_file='configs/_base_/datasets/halpe.py')
