# Associative embedding: poses to refine. tools/test.py writes them to
# data/coco/pose_results/associative-embedding_hrnet-w32.keypoints.json.
_base_ = ('mmpose::body_2d_keypoint/associative_embedding/coco/'
          'ae_hrnet-w32_8xb24-300e_coco-512x512.py')

test_evaluator = dict(
    outfile_prefix='data/coco/pose_results/associative-embedding_hrnet-w32')
