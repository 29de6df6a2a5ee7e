# BUCTD's probabilities for CrowdPose (code at commit dc63574); those for COCO
# are PoseFix's. Knees have the rate of misses that its comment gives to the
# ankles; head and neck have no rate of jitter of their own there, but that of
# the joint before.
buctd_joint_groups = dict(
    shoulder=['shoulder'],
    elbow=['elbow'],
    wrist=['wrist'],
    hip=['hip'],
    knee=['knee'],
    ankle=['ankle'],
    head=['top_head', 'neck'])
buctd_crowded = dict(
    head=.02, shoulder=.15, elbow=.15, wrist=.15, hip=.10, knee=.10, ankle=.10)
buctd_table = dict(
    jitter=[
        dict(
            max_visible=10,
            probs=dict(
                shoulder=.20, elbow=.20, wrist=.20, hip=.25, knee=.15,
                ankle=.15, head=.15)),
        dict(
            probs=dict(
                shoulder=.15, elbow=.15, wrist=.15, hip=.20, knee=.10,
                ankle=.10, head=.10))
    ],
    miss=[
        dict(
            max_visible=5,
            probs=dict(
                head=.15, shoulder=.20, knee=.20, elbow=.25, wrist=.25,
                hip=.25, ankle=.25)),
        dict(
            max_visible=10,
            probs=dict(
                head=.10, shoulder=.13, knee=.13, elbow=.15, wrist=.15,
                hip=.15, ankle=.15)),
        dict(
            probs=dict(
                head=.02, shoulder=.05, knee=.05, elbow=.10, wrist=.10,
                hip=.10, ankle=.10))
    ],
    inversion=[
        dict(
            probs=dict(
                head=.01, shoulder=.03, elbow=.03, wrist=.03, hip=.06,
                knee=.06, ankle=.06))
    ],
    swap=[
        dict(max_visible=10, min_overlap=1, probs=buctd_crowded),
        dict(max_visible=15, min_overlap=3, probs=buctd_crowded),
        dict(
            probs=dict(
                head=.01, shoulder=.06, elbow=.06, wrist=.06, hip=.03,
                knee=.03, ankle=.03))
    ])
# its synthesis takes .079 for head and neck, its evaluation .025
buctd_sigmas = [
    .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089,
    .079, .079
]
