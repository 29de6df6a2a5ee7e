"""The synthesis: the release's statistics, and each rule by itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from posefix_mm.datasets.transforms import error_synthesis
from posefix_mm.datasets.transforms.error_synthesis import ErrorSynthesizer
from posefix_mm.datasets.transforms.error_tables import (
    build_radii,
    build_table,
)
from posefix_mm.structures.oks import (
    ABSENT,
    ERROR_TYPES,
    GOOD,
    INVERSION,
    JITTER,
    MISS,
    SWAP,
    ks_distance,
)

NAMES = ('nose left_eye right_eye left_ear right_ear left_shoulder '
         'right_shoulder left_elbow right_elbow left_wrist right_wrist '
         'left_hip right_hip left_knee right_knee left_ankle '
         'right_ankle').split()
SIGMAS = np.array([
    .26, .25, .25, .35, .35, .79, .79, .72, .72, .62, .62, 1.07, 1.07, .87,
    .87, .89, .89
]) / 10
FLIP = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
HAS_TWIN = np.array(FLIP) != np.arange(17)
RECORDED = json.loads(
    (Path(__file__).resolve().parents[1] /
     'data/official/synthesis_statistics_order_free.json').read_text())
DRAWS = 20000


# ------------------------------------------------- statistics of the release
def synthesize(scenario, draws, seed=0):
    """Draw from a recorded scenario; return it with its reference points."""
    own = np.array(scenario['joints'])[None]
    near = np.array(scenario['neighbours'])[:scenario['num_overlap']]
    poses = np.concatenate((own, near))
    visible = poses[..., 2] > 0
    estimate = np.array(scenario['estimated'])

    def repeat(array):
        return np.repeat(array[None], draws, 0)

    pose = ErrorSynthesizer(SIGMAS, FLIP, build_table(NAMES))(
        np.random.default_rng(seed), repeat(poses[..., :2]), repeat(visible),
        np.full(draws, scenario['area']), repeat(estimate[:, :2]),
        repeat(estimate[:, 2] > 0))

    refs = np.concatenate((poses, poses[:, FLIP]))[..., :2]
    valid = np.concatenate((visible, visible[:, FLIP] & HAS_TWIN))
    refs[0] = np.where(visible[0, :, None], refs[0], estimate[:, :2])
    valid[0] |= estimate[:, 2] > 0
    return pose, np.where(valid[..., None], refs, np.inf)


def classify(pose, refs, area):
    """Tell outcomes from positions, as was done for the recording.

    Returns the outcome and the distance to the nearest reference point.
    """
    distance = np.linalg.norm(pose.keypoints[:, None] - refs, axis=-1)
    nearest, radius = distance.argmin(1), distance.min(1)
    d85, d50 = (ks_distance(ks, area, SIGMAS) for ks in (.85, .5))
    outcome = np.where(
        nearest == 0, np.where(radius < d85, GOOD, JITTER),
        np.where(nearest == len(refs) // 2, INVERSION, SWAP))
    outcome[radius >= d50] = MISS
    outcome[~pose.visible] = ABSENT
    return outcome, radius


@pytest.fixture(scope='module', params=RECORDED['scenarios'])
def compared(request):
    """Return a recorded scenario, our outcomes and relative radii."""
    scenario = RECORDED['scenarios'][request.param]
    pose, refs = synthesize(scenario, DRAWS)
    outcome, radius = classify(pose, refs, scenario['area'])
    return scenario, outcome, radius / ks_distance(.5, scenario['area'],
                                                   SIGMAS)


def frequencies(outcome):
    return np.stack([(outcome == kind).mean(0) for kind in range(5)], 1)


def test_outcomes_are_the_releases(compared):
    scenario, outcome, _ = compared
    assert tuple(RECORDED['order']) == ERROR_TYPES
    expected, draws = np.array(scenario['frequency']), scenario['draws']
    found = frequencies(outcome)
    assert np.abs(found - expected).mean() < 0.01
    # two samples of one distribution: the error of a difference of
    # frequencies comes from the frequency of both together
    both = (found * DRAWS + expected * draws) / (DRAWS + draws)
    error = np.sqrt(both * (1 - both) * (1 / DRAWS + 1 / draws))
    assert (np.abs(found - expected) <= 4 * error + 1e-12).all()


def test_radii_are_the_releases(compared):
    scenario, outcome, radius = compared
    differences = []
    for joint, by_kind in enumerate(scenario['radius_over_d50_quartiles']):
        for kind, quartiles in enumerate(by_kind):
            if quartiles is not None:
                found = radius[outcome[:, joint] == kind, joint]
                differences.append(
                    np.percentile(found, [25, 50, 75]) - quartiles)
    differences = np.abs(differences)
    assert len(differences) > 30
    assert np.median(differences) < 0.015
    assert differences.max() < 0.15


@pytest.mark.parametrize('many', [0, 10**9])
def test_few_and_many_joints_draw_alike(many, monkeypatch):
    """Only the numbers of candidates in a round differ."""
    scenario = RECORDED['scenarios']['12 visible, three neighbours']
    usual, _ = synthesize(scenario, DRAWS)
    monkeypatch.setattr(error_synthesis, '_MANY', many)
    other, _ = synthesize(scenario, DRAWS, seed=1)
    first, second = (frequencies(p.status) for p in (usual, other))
    both = (first + second) / 2
    error = np.sqrt(both * (1 - both) * 2 / DRAWS)
    assert (np.abs(first - second) <= 4.5 * error + 1e-12).all()


# --------------------------------------------------- one type after the other
# A pose of four keypoints: two pairs of twins. d(.50) is 12 to 19 pixels.
TOY_SIGMAS = [.05, .05, .08, .08]
TOY_FLIP = [1, 0, 3, 2]
AREA = 10000.
POSE = np.array([[50., 50.], [110., 50.], [40., 150.], [130., 150.]])
NEAR = POSE + [25., 30.]
FAR = np.array([[0., 0.], [1e3, 0.], [0., 1e3], [1e3, 1e3]])
D85, D50, D10 = (ks_distance(ks, AREA, TOY_SIGMAS) for ks in (.85, .5, .1))


def force(error, poses, visible=None, draws=500, probability=1., **kwargs):
    """Synthesize with one error at the given probability, else good."""
    poses = np.array(poses)
    if visible is None:
        visible = np.ones(poses.shape[:2], bool)
    table = np.zeros((5, 1, 5, 4))
    table[:, :, error] = probability
    table[:, :, GOOD] += 1 - probability
    return ErrorSynthesizer(TOY_SIGMAS, TOY_FLIP, table)(
        np.random.default_rng(3),
        np.repeat(poses[None], draws, 0),
        np.repeat(np.array(visible)[None], draws, 0), np.full(draws, AREA),
        **kwargs)


def distances(pose, points):
    return np.linalg.norm(pose.keypoints - points, axis=-1)


@pytest.mark.parametrize(('error', 'low', 'high'), [(GOOD, 0 * D50, D85),
                                                    (JITTER, D85, D50)])
def test_good_and_jitter_stay_in_their_band(error, low, high):
    pose = force(error, [POSE, NEAR])
    assert (pose.status == error).all()
    own = distances(pose, POSE)
    assert (own >= low * (1 - 1e-9)).all()
    assert (own < high).all()
    for other in (POSE[TOY_FLIP], NEAR, NEAR[TOY_FLIP]):
        assert (own <= distances(pose, other)).all()


@pytest.mark.parametrize('error', [GOOD, JITTER])
def test_radius_and_angle_are_uniform(error):
    pose = force(error, [POSE], draws=DRAWS)
    offset = pose.keypoints - POSE
    low, high = (D50 * 0, D85) if error == GOOD else (D85, D50)
    radius = (np.linalg.norm(offset, axis=-1) - low) / (high - low)
    angle = np.arctan2(offset[..., 1], offset[..., 0]) / (2 * np.pi) % 1
    levels = np.linspace(.1, .9, 9)
    for values in (radius, angle):
        for joint in range(4):
            np.testing.assert_allclose(
                np.quantile(values[:, joint], levels), levels, atol=.015)


def test_radius_follows_its_quantiles():
    """Half of the jitter in the first tenth of the band, misses beyond it."""
    quantiles = build_radii(dict(jitter=[0, .1, 1], miss=[2, 2.5, 3]))
    for error, levels in ((JITTER, [.05, .1, .55]), (MISS, [2.25, 2.5, 2.75])):
        table = np.zeros((5, 1, 5, 4))
        table[:, :, error] = 1
        pose = ErrorSynthesizer(TOY_SIGMAS, TOY_FLIP, table, quantiles)(
            np.random.default_rng(0),
            np.repeat(FAR[None, None], DRAWS, 0),
            np.ones((DRAWS, 1, 4), bool), np.full(DRAWS, AREA))
        low, high = (D85, D50) if error == JITTER else (D50, D10)
        nearest = np.minimum(
            distances(pose, FAR), distances(pose, FAR[TOY_FLIP]))
        np.testing.assert_allclose(
            np.quantile((nearest - low) / (high - low), [.25, .5, .75], 0),
            np.repeat(np.array(levels)[:, None], 4, 1),
            atol=.02)


def test_inversion_lands_near_the_twin():
    pose = force(INVERSION, [POSE, NEAR])
    assert (pose.status == INVERSION).all()
    twin = distances(pose, POSE[TOY_FLIP])
    assert (twin < D50).all()
    for other in (POSE, NEAR, NEAR[TOY_FLIP]):
        assert (twin <= distances(pose, other)).all()


def test_swap_lands_on_a_near_person():
    pose = force(SWAP, [POSE, NEAR, NEAR + 15.], draws=2000)
    assert (pose.status == SWAP).all()
    others = np.stack([
        distances(pose, points[order]) for points in (NEAR, NEAR + 15.)
        for order in ([0, 1, 2, 3], TOY_FLIP)
    ])
    centre = others.argmin(0)
    assert (others.min(0) < D50).all()
    assert (others.min(0) <= distances(pose, POSE)).all()
    assert (others.min(0) <= distances(pose, POSE[TOY_FLIP])).all()
    # the same joint and the twin, of both persons
    assert set(centre.ravel()) == {0, 1, 2, 3}


def test_miss_keeps_away_from_everything():
    pose = force(MISS, [POSE, NEAR])
    assert (pose.status == MISS).all()
    every = np.stack([
        distances(pose, points[order]) for points in (POSE, NEAR)
        for order in ([0, 1, 2, 3], TOY_FLIP)
    ])
    assert (every >= D50 * (1 - 1e-9)).all()
    assert (every.min(0) < D10).all()


def test_miss_has_fewer_candidates_at_other_points():
    """Far apart, every candidate is accepted: 4 of the own joint to 1."""
    pose = force(MISS, [FAR, FAR + [0., 1e4]], draws=DRAWS)
    centres = [
        points[order] for points in (FAR, FAR + [0., 1e4])
        for order in ([0, 1, 2, 3], TOY_FLIP)
    ]
    share = [(distances(pose, c) < D10).mean() for c in centres]
    np.testing.assert_allclose(share, [4 / 7, 1 / 7, 1 / 7, 1 / 7], atol=.01)


def test_impossible_error_leaves_the_others_their_ratio():
    """No near person: what is left of swap .5 is good .3 and jitter .2."""
    table = np.zeros((5, 1, 5, 4))
    table[:, :, [GOOD, JITTER, SWAP]] = np.array([.3, .2, .5])[:, None]
    synthesizer = ErrorSynthesizer(TOY_SIGMAS, TOY_FLIP, table)
    pose = synthesizer(
        np.random.default_rng(0), np.repeat(POSE[None, None], DRAWS, 0),
        np.ones((DRAWS, 1, 4), bool), np.full(DRAWS, AREA))
    np.testing.assert_allclose((pose.status == GOOD).mean(0), .6, atol=.015)
    np.testing.assert_allclose((pose.status == JITTER).mean(0), .4, atol=.015)


def test_rejected_error_leaves_the_others_their_ratio():
    """A near person in the same place: a swap is never nearer to it."""
    table = np.zeros((5, 1, 5, 4))
    table[:, :, [GOOD, SWAP]] = .5
    synthesizer = ErrorSynthesizer([.05] * 4, TOY_FLIP, table)
    poses = np.stack([POSE, POSE + 1e-12])
    poses[1, 2:] = POSE[2:] + 30  # but the second pair can be swapped
    pose = synthesizer(
        np.random.default_rng(0), np.repeat(poses[None], 400, 0),
        np.ones((400, 2, 4), bool), np.full(400, AREA))
    assert (pose.status[:, 2:] == SWAP).mean() == pytest.approx(.5, abs=.05)
    assert (pose.keypoints[pose.status == SWAP] != 0).all()


def test_nothing_possible_makes_the_joint_absent():
    pose = force(INVERSION, [POSE], [[True, False, False, False]])
    # the first has no annotated twin, the others no place of their own
    assert (pose.status == ABSENT).all()
    assert not pose.visible.any()
    assert not pose.keypoints.any()


def test_pose_without_any_joint_is_absent():
    pose = force(GOOD, np.full((1, 4, 2), np.nan), [[False] * 4], draws=3)
    assert not pose.visible.any()
    assert not pose.keypoints.any()


def test_joint_without_twin_has_no_inversion():
    synthesizer = ErrorSynthesizer([.05], [0], np.eye(5)[None, None, INVERSION,
                                                         :, None].repeat(2, 0))
    pose = synthesizer(
        np.random.default_rng(0), np.zeros((3, 1, 1, 2)),
        np.ones((3, 1, 1), bool), np.full(3, AREA))
    assert (pose.status == ABSENT).all()


def test_estimate_stands_in_for_unannotated_joints_only():
    estimate = POSE + [0., 1000.]
    visible = [[True, True, False, False]]
    pose = force(
        GOOD, [POSE],
        visible,
        estimated=np.repeat(estimate[None], 500, 0),
        estimated_visible=np.repeat([[True, False, True, False]], 500, 0))
    assert (distances(pose, POSE)[:, :2] < D85[:2]).all()
    assert (distances(pose, estimate)[:, 2] < D85[2]).all()
    assert (pose.status[:, 3] == ABSENT).all()


def test_estimate_is_no_twin():
    """Only annotated twins count."""
    pose = force(
        INVERSION, [POSE], [[True, False, True, True]],
        estimated=np.repeat(POSE[None], 500, 0),
        estimated_visible=np.ones((500, 4), bool))
    assert (pose.status == [ABSENT, INVERSION, INVERSION, INVERSION]).all()


def test_probabilities_follow_the_numbers_of_joints_and_persons():
    table = np.zeros((5, 3, 5, 4))
    table[:, :, GOOD] = 1
    table[2, 1] = np.eye(5)[JITTER][:, None]
    table[4, 2] = np.eye(5)[MISS][:, None]
    synthesizer = ErrorSynthesizer(TOY_SIGMAS, TOY_FLIP, table)
    visible = np.ones((5, 2, 4), bool)
    visible[:2, 0, 2:] = False
    visible[:, 1] = False
    pose = synthesizer(
        np.random.default_rng(0), np.repeat(POSE[None, None], 5, 0).repeat(
            2, 1), visible, np.full(5, AREA),
        num_overlap=np.array([0, 1, 1, 2, 9]))
    assert pose.status[:, 0].tolist() == [GOOD, JITTER, GOOD, MISS, MISS]


def test_similarity_of_the_frame_changes_nothing():
    """Scale by 3, turn by 90 degrees, move: the outcome does the same."""

    def turn(points):
        return points[..., ::-1] * [-3., 3.] + [500., 70.]

    table = build_table(NAMES[:5])
    flip = FLIP[:5]
    pose = np.random.default_rng(0).uniform(0, 100, (1, 2, 5, 2))
    visible = np.ones((1, 2, 5), bool)
    results = [
        ErrorSynthesizer(SIGMAS[:5], flip, table)(
            np.random.default_rng(5), p, visible, np.array([area]))
        for p, area in ((pose, AREA), (turn(pose), 9 * AREA))
    ]
    first, second = results
    np.testing.assert_array_equal(first.status, second.status)
    offset, turned = (
        np.abs((r.keypoints - p[:, 0]) @ [1, 1j])
        for r, p in zip(results, (pose, turn(pose)), strict=True))
    good = first.status <= JITTER
    np.testing.assert_allclose(3 * offset[good], turned[good])


def test_area_of_zero_leaves_the_joint_where_it_is():
    table = np.zeros((5, 1, 5, 4))
    table[:, :, GOOD] = 1
    pose = ErrorSynthesizer(TOY_SIGMAS, TOY_FLIP, table)(
        np.random.default_rng(0), POSE[None, None], np.ones((1, 1, 4), bool),
        np.zeros(1))
    np.testing.assert_array_equal(pose.keypoints[0], POSE)


def test_same_seed_same_pose():
    scenario = RECORDED['scenarios']['17 visible, one neighbour']
    first, second, third = (synthesize(scenario, 3, s)[0] for s in (0, 0, 1))
    np.testing.assert_equal(first, second)
    assert (first.keypoints != third.keypoints).any()


def test_arguments_are_left_alone():
    poses = np.stack([POSE, NEAR])[None]
    visible = np.array([[[True, False, True, False], [True] * 4]])
    estimate, shown = POSE[None] + 3, np.ones((1, 4), bool)
    arguments = (poses, visible, np.array([AREA]), estimate, shown)
    before = [a.copy() for a in arguments]
    table = np.zeros((5, 1, 5, 4))
    table[:, :, MISS] = 1
    ErrorSynthesizer(TOY_SIGMAS, TOY_FLIP, table)(
        np.random.default_rng(0), *arguments)
    np.testing.assert_equal(list(arguments), before)
    assert (table[:, :, MISS] == 1).all()


@pytest.mark.parametrize(('ks', 'expected'), [(1., 0.), (np.exp(-.5), 20.),
                                              (np.exp(-2), 40.)])
def test_similarity_distance_by_hand(ks, expected):
    # exp(-d^2 / (2 * 100^2 * (2 * .1)^2)): one standard deviation is 20
    assert ks_distance(ks, 1e4, np.array([.1])) == pytest.approx(expected)


@pytest.mark.parametrize(('flip', 'shape', 'message'), [
    ([0, 1], (5, 1, 5, 4), r'one entry for each of the 4 sigmas, got \(2,\)'),
    (TOY_FLIP, (4, 1, 5, 4),
     r'shape \(5, overlaps, 5, 4\), got \(4, 1, 5, 4\)'),
    (TOY_FLIP, (5, 5, 4), r'shape \(5, overlaps, 5, 4\), got \(5, 5, 4\)'),
])
def test_arguments_that_do_not_fit(flip, shape, message):
    with pytest.raises(ValueError, match=message):
        ErrorSynthesizer(TOY_SIGMAS, flip, np.zeros(shape))
