# RTMPose: poses to refine. tools/test.py writes them to
# data/coco/pose_results/rtmpose_m.keypoints.json.
_base_ = ('mmpose::body_2d_keypoint/rtmpose/coco/'
          'rtmpose-m_8xb256-420e_coco-256x192.py')

test_evaluator = dict(outfile_prefix='data/coco/pose_results/rtmpose_m')
