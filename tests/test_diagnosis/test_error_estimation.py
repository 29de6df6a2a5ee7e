"""Tables measured where the counts are known."""

import numpy as np
import pytest
from mmengine.config import Config
from toy_people import (
    FLIP,
    METAINFO,
    NAMES,
    POSE,
    make_annotations,
    make_person,
    make_record,
    moved,
)

from posefix_mm.datasets.transforms import SynthesizePoseError, build_table
from posefix_mm.diagnosis import (
    config_fragment,
    diagnose_results,
    estimate_errors,
    load_skeleton,
)
from posefix_mm.diagnosis.error_estimation import twin_groups

# The box of the toy person is 2.25 times its area; these have the same.
TIGHT = [40., 40., 100., 100.]


def measure(poses, *, visible=None, **options):
    """Measure on one pose each of several persons."""
    visible = visible or [[2] * 5] * len(poses)
    people = [
        make_person(i, image_id=i, visible=v, bbox=TIGHT)
        for i, v in enumerate(visible)
    ]
    records = [
        pose if isinstance(pose, dict) else make_record(pose, image_id=i)
        for i, pose in enumerate(poses)
    ]
    found = diagnose_results(
        records,
        make_annotations(people),
        METAINFO,
        rules='posefix',
        area='bbox')
    return estimate_errors(found, METAINFO, **options)


INVERTED = moved(1, POSE[2])


def test_twins_share_a_group():
    assert twin_groups(NAMES, FLIP) == dict(
        nose=['nose'],
        hand=['left_hand', 'right_hand'],
        foot=['left_foot', 'right_foot'])
    animal = load_skeleton('ap10k')
    groups = twin_groups(
        list(animal['keypoint_id2name'].values()), animal['flip_indices'])
    assert sum(map(len, groups.values())) == 17
    assert sorted(map(len, groups.values())) == [1] * 3 + [2] * 7


def test_groups_that_would_share_a_name():
    names = ['l_eye', 'r_eye', 'left_eye', 'right_eye']
    assert twin_groups(names, [1, 0, 3, 2]) == dict(
        eye=['l_eye', 'r_eye'], left_eye=['left_eye', 'right_eye'])


def test_shares_without_smoothing():
    measured = measure([INVERTED, POSE, POSE, POSE], prior=0)
    table = build_table(NAMES, measured.table, measured.joint_groups)
    # one of eight hands
    np.testing.assert_allclose(table[5, 0, :, 1], [.875, 0, .125, 0, 0])
    assert (table[5, 0, 0, [0, 3, 4]] == 1).all()
    assert measured.observations['rules'] == [
        dict(poses=4, joints=dict(nose=4, hand=8, foot=8))]


def test_possible_errors_alone_are_weighed():
    """One of four hands whose twin is annotated, of five hands."""
    measured = measure([INVERTED, POSE, POSE],
                       visible=[[2] * 5, [2] * 5, [2, 2, 0, 2, 2]],
                       prior=0)
    rule = measured.table['inversion'][0]
    assert rule['probs']['hand'] == pytest.approx(.25, abs=2e-4)


def test_few_observations_are_drawn_to_the_average():
    """Eight hands and 20 more that fail as often as all joints with twins."""
    measured = measure([INVERTED, POSE, POSE, POSE], prior=20)
    probs = measured.table['inversion'][0]['probs']
    raw = measure([INVERTED, POSE, POSE, POSE], prior=0)
    hand = foot = 1 / 16  # of all joints that have a twin
    # by group, then by number of joints, then by number of near persons
    for _ in range(3):
        hand = (8 * 1 / 8 + 20 * hand) / 28
        foot = (8 * 0 + 20 * foot) / 28
    assert probs['hand'] == pytest.approx(hand, abs=1e-3)
    assert probs['foot'] == pytest.approx(foot, abs=1e-3)
    assert probs['nose'] == 0
    assert raw.table['inversion'][0]['probs']['foot'] == 0


def test_bins_without_poses_have_no_rule():
    measured = measure([POSE, POSE],
                       visible=[[2, 2, 0, 0, 0], [2] * 5],
                       visible_bounds=(1, 3, 4))
    assert [r.get('max_visible') for r in measured.table['miss']] == [3, None]
    assert len(measured.observations['rules']) == 2


def test_absent_joints_count_by_themselves():
    """One of four hands is absent; it is no miss."""
    measured = measure([make_record(absent=[1], image_id=0), POSE], prior=0)
    assert measured.absent_probs == dict(nose=0, hand=.25, foot=0)
    assert measured.observations['absent'] == dict(nose=0, hand=1, foot=0)
    assert measured.table['miss'][0]['probs'] == dict(nose=0, hand=0, foot=0)
    assert 'absent_probs' in measured.arguments()
    assert 'absent_probs' not in measure([POSE]).arguments()


def test_radii_without_observations_are_uniform():
    measured = measure([POSE + [6.5, 0.]])
    assert set(measured.radius_quantiles) == {'jitter'}
    # 20 uniform ones, and five where the band of jitter has (6.5 - d.85)
    # over (d.50 - d.85)
    place = (6.5 - 5.701) / (11.774 - 5.701)
    sample = np.r_[[place] * 5, (np.arange(20) + .5) / 20]
    assert measured.radius_quantiles['jitter'][10] == pytest.approx(
        np.median(sample), abs=2e-3)
    assert measured.observations['radii']['jitter'] == 5


def test_nobody_to_measure_on():
    with pytest.raises(ValueError, match='no pose belongs to an annotated'):
        measure([POSE + 500])


def test_fragment_is_config_that_the_transform_takes(tmp_path):
    measured = measure(
        [INVERTED, POSE + [6.5, 0.],
         make_record(absent=[3], image_id=2)])
    text = config_fragment(measured, 'What was measured ' * 9)
    assert max(map(len, text.splitlines())) < 80
    assert "'poses': 3" in text
    assert text.startswith('# What was measured What was')
    path = tmp_path / 'errors.py'
    path.write_text(text)
    config = Config.fromfile(path)
    assert config.measured_errors.to_dict() == measured.arguments()
    assert (config.measured_errors_observations.to_dict() ==
            measured.observations)
    transform = SynthesizePoseError(**config.measured_errors)
    assert transform.absent_probs == measured.absent_probs


def test_fragment_with_names_that_are_no_identifiers(tmp_path):
    groups = {'left/right hand': ['left_hand', 'right_hand'], 'is': ['nose']}
    measured = measure([INVERTED], joint_groups=groups)
    path = tmp_path / 'errors.py'
    path.write_text(config_fragment(measured, 'x'))
    found = Config.fromfile(path).measured_errors
    assert found.to_dict() == measured.arguments()
    assert set(found.table.miss[0].probs) == {'left/right hand', 'is', '*'}
