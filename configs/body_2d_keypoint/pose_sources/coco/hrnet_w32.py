# HRNet: poses to refine. tools/test.py writes them to
# data/coco/pose_results/hrnet_w32.keypoints.json.
_base_ = ('mmpose::body_2d_keypoint/topdown_heatmap/coco/'
          'td-hm_hrnet-w32_8xb64-210e_coco-256x192.py')

test_evaluator = dict(outfile_prefix='data/coco/pose_results/hrnet_w32')
