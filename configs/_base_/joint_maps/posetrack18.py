# The 17 places of PoseTrack18: those of COCO, head bottom and top for eyes.
source_metainfo = dict(from_file='configs/_base_/datasets/posetrack18.py')
