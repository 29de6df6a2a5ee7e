"""Evaluation on pycocotools, against recordings of xtcocotools."""
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / 'tests' / 'data' / 'compiled' /
                       'xtcocotools_evaluation.json').read_text())
EVALUATE = """
import json, sys
from pathlib import Path
stand_ins, support, folder = sys.argv[1:]
sys.path[:0] = [stand_ins, support]
import xtcocotools, xtcocotools.mask
assert xtcocotools.__file__.startswith(stand_ins)
from compiled_cases import evaluate
print(json.dumps(evaluate(Path(folder))))
"""


@pytest.fixture(scope='module')
def found(tmp_path_factory) -> dict:
    """Evaluate with the stand-in, whatever is installed."""
    output = subprocess.run([
        sys.executable, '-c', EVALUATE,
        str(ROOT / 'posefix_mm' / 'stand_ins'),
        str(ROOT / 'tests' / 'support'),
        str(tmp_path_factory.mktemp('evaluation'))
    ], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


@pytest.mark.parametrize('case', RECORDED)
def test_statistics(found, case) -> None:
    assert found[case] == pytest.approx(RECORDED[case], abs=1e-12)
    assert len(set(RECORDED[case])) > 3  # the case tells something


def test_parts_of_the_body_are_refused() -> None:
    from posefix_mm.stand_ins.xtcocotools.cocoeval import COCOeval
    with pytest.raises(NotImplementedError, match='needs xtcocotools'):
        COCOeval(iouType='keypoints_face')
