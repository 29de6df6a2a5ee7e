# Three stages of a narrow ResNet-18, small enough to learn from scratch in
# minutes.
backbone = dict(
    type='ResNet',
    depth=18,
    stem_channels=32,
    base_channels=32,
    num_stages=3,
    strides=(1, 2, 2),
    dilations=(1, 1, 1),
    out_indices=(0, 1, 2))
neck = dict(
    type='FPN',
    in_channels=[32, 64, 128],
    out_channels=64,
    num_outs=3,
    norm_cfg=dict(type='BN'),
    act_cfg=dict(type='ReLU'))
data_preprocessor = dict(
    type='PoseDataPreprocessor',
    mean=[127.5, 127.5, 127.5],
    std=[127.5, 127.5, 127.5])
# Not the release's: batches are small and there are few of them.
head = dict(
    norm_eps=1e-5,
    norm_momentum=.1,
    init_cfg=[
        dict(type='Kaiming', layer='ConvTranspose2d'),
        dict(type='Normal', layer='Conv2d', std=.01),
        dict(type='Constant', layer='BatchNorm2d', val=1)
    ])
# of the FPN only the finest level is used
find_unused_parameters = True
