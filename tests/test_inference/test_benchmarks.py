"""The scripts under benchmarks/ measure what they say."""
import runpy

import pytest
from peaked_refiner import BENCHMARK, DEMO


def test_rows_of_the_result():
    benchmark = runpy.run_path(str(BENCHMARK))
    said = []
    result = benchmark['run'](
        DEMO,
        None,
        batch_size=2,
        repeats=1,
        cases=[('torch', 'fp32'), ('torch', 'int8')],
        say=said.append)
    plain, torch = result['rows']
    assert (plain['backend'], plain['ratio'], plain['max_dx']) == (
        'plain PyTorch', 1., 0.)
    assert (torch['backend'], torch['precision']) == ('torch', 'fp32')
    assert torch['max_dx'] < 1e-3
    assert torch['ratio'] == pytest.approx(
        torch['poses_per_second'] / plain['poses_per_second'])
    assert .05 < result['mean_confidence'] < .9
    assert result['weights'] == 'random' and result['batch_size'] == 2
    assert said[-1].startswith('left out: torch int8: precision must be one')
    assert benchmark['make_table'](result).row_count == 2


def test_stand_in_refines_a_file_without_a_network(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARK.parent)
    benchmark = runpy.run_path(str(BENCHMARK.parent / 'data_path.py'))
    results = benchmark['write_poses'](tmp_path, 6, 3)
    predictor = benchmark['random_refiner'](DEMO, benchmark['NoNetwork'])
    assert benchmark['stream'](predictor, results, 0) == 6
