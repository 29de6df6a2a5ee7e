# Halpe's 26 joints of the body (AlphaPose, RTMPose).
source_metainfo = dict(from_file='configs/_base_/datasets/halpe26.py')
