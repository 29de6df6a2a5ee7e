"""Write measured errors as a piece of config."""
from pprint import pformat
from textwrap import wrap

from .error_estimation import MeasuredErrors

_WIDTH = 79
_USE = """
# In a config whose `_base_` lists this file:
#     train_pipeline = [
#         dict(step, **_base_.measured_errors)
#         if step.type == 'SynthesizePoseError' else step
#         for step in _base_.train_pipeline
#     ]
#     train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
""".strip()


def config_fragment(measured: MeasuredErrors, description: str) -> str:
    """Lay out measured errors as a config file.

    Args:
        measured (MeasuredErrors): From
            :func:`~posefix_mm.diagnosis.estimate_errors`.
        description (str): What was measured; becomes the file's comment.

    Returns:
        str: Python text that sets ``measured_errors``, arguments of
        ``SynthesizePoseError``, and ``measured_errors_observations``, the
        numbers of observations behind them.
    """
    comment = wrap(
        description,
        _WIDTH,
        initial_indent='# ',
        subsequent_indent='# ',
        break_long_words=False)
    parts = [
        f'{name} = ' + pformat(
            value, width=_WIDTH - len(name) - 3, sort_dicts=False)
        for name, value in (
            ('measured_errors', measured.arguments()),
            ('measured_errors_observations', measured.observations))
    ]
    return '\n'.join([
        *comment, _USE, parts[0],
        '# Poses and joints behind each entry, rule by rule.', parts[1], ''
    ])
