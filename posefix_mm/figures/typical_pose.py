"""A pose to draw a skeleton in, found in the data."""
import numpy as np

# More poses than these do not make a better choice.
_MOST_POSES = 500


def typical_pose(keypoints: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Choose a pose that shows every joint of a skeleton.

    Skeletons as mmpose describes them have names and links, but no places.
    An average of poses would fall together in the middle, so one of the poses
    is taken: of the half that is nearest to the average, the one whose joints
    keep apart best.

    Args:
        keypoints (np.ndarray): Poses in any frame, (N, K, 2).
        visible (np.ndarray): Above 0 where present, (N, K).

    Returns:
        np.ndarray: (K, 2); the longer side of its extent is 1, its corner
        at the origin. Joints that no pose has are NaN.

    Raises:
        ValueError: If no joint of any pose is present.
    """
    visible = np.asarray(visible) > 0
    if not visible.any():
        raise ValueError('there is no pose to draw a skeleton in: no joint of '
                         'any pose is present')
    ever = visible.any(0)
    count = visible.sum(1)
    fullest = np.flatnonzero(count == count.max())[:_MOST_POSES]
    poses = np.where(visible[fullest, :, None], keypoints[fullest], np.nan)
    poses = poses - np.nanmin(poses, 1, keepdims=True)
    poses /= np.maximum(np.nanmax(poses, (1, 2), keepdims=True), 1e-6)
    # joints that only other poses have go where these poses have them
    average = np.where(ever[:, None], _average(poses, keypoints, visible),
                       np.nan)
    poses = np.where(np.isnan(poses), average, poses)
    distance = np.nanmean(np.linalg.norm(poses - average, axis=-1), axis=1)
    near = np.argsort(distance, kind='stable')[:(len(poses) + 1) // 2]
    return poses[near[np.argmax(_spread(poses[near][:, ever]))]]


def _average(poses: np.ndarray, keypoints: np.ndarray,
             visible: np.ndarray) -> np.ndarray:
    """Average place of every joint, (K, 2), of any pose that has it."""
    have = ~np.isnan(poses[..., 0])
    total = np.where(have[..., None], poses, 0).sum(0)
    average = total / np.maximum(have.sum(0), 1)[:, None]
    lacking = np.flatnonzero(~have.any(0) & visible.any(0))
    for joint in lacking:  # rare: a joint that the fullest poses lack
        owner = np.flatnonzero(visible[:, joint])[0]
        own = np.where(visible[owner, :, None], keypoints[owner], np.nan)
        low = np.nanmin(own, 0)
        side = max(np.nanmax(own - low), 1e-6)
        average[joint] = (keypoints[owner, joint] - low) / side
    return average


def _spread(poses: np.ndarray) -> np.ndarray:
    """How well the joints of each pose keep apart, (N, )."""
    apart = np.linalg.norm(poses[:, :, None] - poses[:, None], axis=-1)
    upper = np.triu_indices(poses.shape[1], 1)
    return np.log(apart[:, upper[0], upper[1]] + .02).mean(-1) \
        if len(upper[0]) else np.zeros(len(poses))
