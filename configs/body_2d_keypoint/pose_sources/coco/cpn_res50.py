# CPN: poses to refine. tools/test.py writes them to
# data/coco/pose_results/cpn_res50.keypoints.json.
_base_ = ('../../topdown_heatmap/coco/'
          'td-hm_cpn-res50_4xb32-140e_coco-256x192.py')

test_evaluator = dict(outfile_prefix='data/coco/pose_results/cpn_res50')
