# CrowdPose's 14 joints.
source_metainfo = dict(from_file='configs/_base_/datasets/crowdpose.py')
