# Half of the input poses of training are what estimators predict for the
# training images, half are synthesized.
_base_ = './posefix_res50_4xb32-140e_coco-256x192.py'

train_pipeline = _base_.train_pipeline
train_pipeline.insert(1, dict(type='DrawInputPose', real_prob=0.5))
train_pipeline[6] = dict(
    type='TakeInputPose', errors=dict(type='SynthesizePoseError'))
train_dataloader = dict(
    dataset=dict(
        real_pose_files=['data/coco/pose_results/train2017.json'],
        pipeline=train_pipeline))
