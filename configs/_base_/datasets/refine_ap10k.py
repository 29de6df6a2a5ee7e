# AP-10K (animals of 54 species, 17 joints, https://arxiv.org/abs/2108.12617),
# split 1, laid out as for mmpose. `pose_file` is what is refined: poses of any
# estimator in COCO's results format. Sigmas: mmpose's, which
# are COCO's of the joints that correspond; neck and root of the tail have
# the ears' .035.
_base_ = './refine_loaders.py'
data_root = 'data/ap10k/'

# Which of the release's probabilities, made for people, a joint has: that of
# the joint at the same place of the limb. Front legs are arms, paws are
# wrists and ankles; neck and root of the tail are the ends of the trunk as
# shoulders and hips are. Without a twin they are never inverted.
joint_groups = dict(
    nose=['Nose'],
    eye=['Eye'],
    shoulder=['Shoulder', 'Neck'],
    elbow=['Elbow'],
    wrist=['F_Paw'],
    hip=['Hip', 'Root of tail'],
    knee=['Knee'],
    ankle=['B_Paw'])

train_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/ap10k.py'),
        estimate_categories=None,
        dataset=dict(
            type='AP10KDataset',
            data_root=data_root,
            ann_file='annotations/ap10k-train-split1.json',
            data_prefix=dict(img='data/'))))
val_dataloader = dict(
    dataset=dict(
        metainfo=dict(from_file='configs/_base_/datasets/ap10k.py'),
        data_root=data_root,
        ann_file='annotations/ap10k-val-split1.json',
        pose_file='pose_results/val.json',
        categories=None,  # every species
        data_prefix=dict(img='data/')))
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        val_dataloader['dataset'],
        ann_file='annotations/ap10k-test-split1.json',
        pose_file='pose_results/test.json'))

val_evaluator = dict(
    type='CocoMetric',
    ann_file=data_root + 'annotations/ap10k-val-split1.json',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = dict(
    val_evaluator, ann_file=data_root + 'annotations/ap10k-test-split1.json')
