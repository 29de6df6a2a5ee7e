# Errors of blazepose_train_results.json against person_keypoints_train.json:
# 6914 poses with an OKS of 0.1 or more. Written by `posefix estimate-errors`.
# In a config whose `_base_` lists this file:
#     train_pipeline = [
#         dict(step, **_base_.measured_errors)
#         if step.type == 'SynthesizePoseError' else step
#         for step in _base_.train_pipeline
#     ]
#     train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
measured_errors = dict(
    joint_groups=dict(
        nose=['nose'],
        eye=['left_eye', 'right_eye'],
        ear=['left_ear', 'right_ear'],
        shoulder=['left_shoulder', 'right_shoulder'],
        elbow=['left_elbow', 'right_elbow'],
        wrist=['left_wrist', 'right_wrist'],
        hip=['left_hip', 'right_hip'],
        knee=['left_knee', 'right_knee'],
        ankle=['left_ankle', 'right_ankle'],
    ),
    table=dict(
        jitter=[
            # 21 poses
            dict(
                max_visible=5,
                probs=dict(
                    nose=0.1388, eye=0.1207, ear=0.1207, shoulder=0.1618,
                    elbow=0.184, wrist=0.3109, hip=0.2349, knee=0.1348,
                    ankle=0.1375,
                ),
            ),
            # 2596 poses
            dict(
                max_visible=10,
                probs=dict(
                    nose=0.1388, eye=0.1207, ear=0.1207, shoulder=0.1531,
                    elbow=0.1532, wrist=0.1292, hip=0.1582, knee=0.1538,
                    ankle=0.1158,
                ),
            ),
            # 4297 poses
            dict(
                probs=dict(
                    nose=0.1388, eye=0.1207, ear=0.1207, shoulder=0.091,
                    elbow=0.1081, wrist=0.1139, hip=0.1132, knee=0.1283,
                    ankle=0.1022,
                ),
            ),
        ],
        inversion=[
            # 21 poses
            dict(
                max_visible=5,
                probs=dict(
                    nose=0.0, eye=0.1299, ear=0.1299, shoulder=0.0464,
                    elbow=0.082, wrist=0.0695, hip=0.1977, knee=0.2852,
                    ankle=0.3118,
                ),
            ),
            # 2596 poses
            dict(
                max_visible=10,
                probs=dict(
                    nose=0.0, eye=0.1299, ear=0.1299, shoulder=0.0859,
                    elbow=0.0888, wrist=0.1079, hip=0.204, knee=0.1393,
                    ankle=0.1925,
                ),
            ),
            # 4297 poses
            dict(
                probs=dict(
                    nose=0.0, eye=0.1299, ear=0.1299, shoulder=0.1099,
                    elbow=0.1023, wrist=0.0974, hip=0.1672, knee=0.1332,
                    ankle=0.1575,
                ),
            ),
        ],
        swap=[
            # 21 poses
            dict(
                max_visible=5,
                probs=dict(
                    nose=0.0, eye=0.0, ear=0.0, shoulder=0.0, elbow=0.0,
                    wrist=0.0, hip=0.0, knee=0.0, ankle=0.0,
                ),
            ),
            # 2596 poses
            dict(
                max_visible=10,
                probs=dict(
                    nose=0.0, eye=0.0, ear=0.0, shoulder=0.0, elbow=0.0,
                    wrist=0.0, hip=0.0, knee=0.0, ankle=0.0,
                ),
            ),
            # 4297 poses
            dict(
                probs=dict(
                    nose=0.0, eye=0.0, ear=0.0, shoulder=0.0, elbow=0.0,
                    wrist=0.0, hip=0.0, knee=0.0, ankle=0.0,
                ),
            ),
        ],
        miss=[
            # 21 poses
            dict(
                max_visible=5,
                probs=dict(
                    nose=0.1155, eye=0.1005, ear=0.1005, shoulder=0.2174,
                    elbow=0.2527, wrist=0.1763, hip=0.222, knee=0.2023,
                    ankle=0.1076,
                ),
            ),
            # 2596 poses
            dict(
                max_visible=10,
                probs=dict(
                    nose=0.1155, eye=0.1005, ear=0.1005, shoulder=0.0703,
                    elbow=0.1252, wrist=0.1467, hip=0.1071, knee=0.1767,
                    ankle=0.1659,
                ),
            ),
            # 4297 poses
            dict(
                probs=dict(
                    nose=0.1155, eye=0.1005, ear=0.1005, shoulder=0.0398,
                    elbow=0.0772, wrist=0.1116, hip=0.0511, knee=0.1052,
                    ankle=0.1193,
                ),
            ),
        ],
    ),
    radius_quantiles=dict(
        good=[
            0.0309, 0.1008, 0.1468, 0.1838, 0.2176, 0.2493, 0.2808, 0.3129,
            0.3445, 0.3766, 0.4098, 0.4464, 0.4839, 0.5241, 0.5665, 0.6142,
            0.6698, 0.7306, 0.8038, 0.8904, 0.9874,
        ],
        jitter=[
            0.0028, 0.0233, 0.0468, 0.073, 0.0994, 0.1276, 0.157, 0.1891,
            0.2237, 0.259, 0.2966, 0.3391, 0.3879, 0.4387, 0.4945, 0.5576,
            0.6251, 0.7001, 0.7872, 0.8831, 0.9887,
        ],
        inversion=[
            0.0193, 0.0706, 0.1053, 0.1369, 0.1646, 0.1915, 0.218, 0.2431,
            0.2694, 0.2947, 0.3251, 0.3567, 0.3916, 0.4311, 0.4738, 0.5299,
            0.5881, 0.6569, 0.7479, 0.8532, 0.9848,
        ],
        miss=[
            0.0033, 0.0482, 0.0967, 0.1571, 0.2206, 0.2935, 0.3781, 0.4614,
            0.5742, 0.6956, 0.8211, 0.963, 1.1289, 1.3452, 1.5847, 1.8825,
            2.2243, 2.6655, 3.3619, 4.7866, 10.2592,
        ],
    ),
)
# Joints behind each entry, rule by rule.
measured_errors_observations = dict(
    poses=6914,
    rules=[
        dict(
            max_visible=5,
            poses=21,
            joints=dict(
                nose=0, eye=0, ear=0, shoulder=22, elbow=18, wrist=14, hip=19,
                knee=17, ankle=15,
            ),
        ),
        dict(
            max_visible=10,
            poses=2596,
            joints=dict(
                nose=0, eye=0, ear=0, shoulder=3714, elbow=3791, wrist=3881,
                hip=3385, knee=4235, ankle=4024,
            ),
        ),
        dict(
            poses=4297,
            joints=dict(
                nose=0, eye=0, ear=0, shoulder=8375, elbow=8475, wrist=8446,
                hip=8255, knee=8511, ankle=8370,
            ),
        ),
    ],
    radii=dict(good=48509, jitter=9032, inversion=8510, swap=0, miss=7516),
    absent=dict(
        nose=0, eye=0, ear=0, shoulder=0, elbow=0, wrist=0, hip=0, knee=0,
        ankle=0,
    ),
)
