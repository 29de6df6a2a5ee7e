"""Input and refined poses of drawn people, with known differences."""
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np


class ReportFiles(NamedTuple):
    """What a report is made of."""

    before: Path
    after: Path
    ann: Path
    img_dir: Path


def write_report_files(folder: Path, num_images: int = 12) -> ReportFiles:
    """Draw people; poses before are noisy, some are mirrored.

    Poses after are the truth with little noise, but every fifth one is
    mirrored instead, so that some get better and some get worse. The last
    pose is dropped, as OKS-NMS does.
    """
    from posefix_mm.diagnosis import load_skeleton
    from posefix_mm.testing import write_dataset
    ann = write_dataset(
        folder, num_images, seed=4, image_size=(128, 96), simple=True)
    flip = load_skeleton()['flip_indices']
    rng = np.random.default_rng(0)
    before, after = [], []
    for number, person in enumerate(
            json.loads(ann.read_text())['annotations']):
        pose = np.array(person['keypoints'], float).reshape(-1, 3)
        if not (pose[:, 2] > 0).any():
            continue
        size = np.sqrt(person['area'])
        record = dict(
            image_id=person['image_id'],
            category_id=1,
            score=round(.9 - number / 100, 2))
        for results, noise, mirrored in ((before, .03, number % 3 == 0),
                                         (after, .01, number % 5 == 0)):
            wrong = pose.copy()
            wrong[:, :2] += rng.normal(0, noise * size, (17, 2))
            wrong[:, 2] = .9
            wrong[pose[:, 2] == 0] = 0
            if mirrored:
                wrong = wrong[flip]
            results.append(
                dict(record, keypoints=wrong.round(2).ravel().tolist()))
    for name, records in (('before', before), ('after', after[:-1])):
        (folder / f'{name}.json').write_text(json.dumps(records))
    return ReportFiles(folder / 'before.json', folder / 'after.json', ann,
                       folder / 'images')
