"""Write measured errors as a piece of config."""
from keyword import iskeyword
from textwrap import wrap
from typing import Any, List, Sequence, Tuple, Union

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
""".lstrip()


def config_fragment(measured: MeasuredErrors, description: str) -> str:
    """Lay out measured errors as a config file.

    Args:
        measured (MeasuredErrors): From
            :func:`~posefix_mm.analysis.estimate_errors`.
        description (str): What was measured; becomes the file's comment.

    Returns:
        str: Python text that sets ``measured_errors``, arguments of
        ``SynthesizePoseError``, and ``measured_errors_observations``, the
        numbers of observations behind them.
    """
    observations = measured.observations
    lines = wrap(
        description,
        _WIDTH,
        initial_indent='# ',
        subsequent_indent='# ',
        break_long_words=False)
    lines += [_USE.rstrip(), 'measured_errors = dict(']
    for name, value in measured.arguments().items():
        if name == 'table':
            lines += _table(value, observations['rules'])
        else:
            lines += _layout(f'{name}=', value, 4)
    lines += [
        ')', '# Joints behind each entry, rule by rule.',
        'measured_errors_observations = dict('
    ]
    for name, value in observations.items():
        lines += _layout(f'{name}=', value, 4)
    return '\n'.join([*lines, ')', ''])


def _table(table: dict, observations: List[dict]) -> List[str]:
    """Rules of all errors, each with the number of poses behind it."""
    lines = ['    table=dict(']
    for error, rules in table.items():
        lines.append(f'        {error}=[')
        for rule, seen in zip(rules, observations, strict=True):
            lines.append(f'            # {seen["poses"]} poses')
            lines += _layout('', rule, 12)
        lines.append('        ],')
    return [*lines, '    ),']


def _layout(name: str, value: Any, indent: int) -> List[str]:
    """Lay out a value of dicts, lists and scalars, as narrow as it gets."""
    start = ' ' * indent + name
    whole = f'{start}{_text(value)},'
    if len(whole) <= _WIDTH or not isinstance(value, (dict, list)):
        return [whole]
    items = _items(value)
    if all(not isinstance(v, (dict, list)) for _, v in items):
        body = _pack([f'{k}{v!r},' for k, v in items], indent + 4)
    else:
        body = [line for k, v in items for line in _layout(k, v, indent + 4)]
    opening, closing = _brackets(value)
    return [start + opening, *body, ' ' * indent + closing + ',']


def _text(value: Any) -> str:
    if not isinstance(value, (dict, list)):
        return repr(value)
    opening, closing = _brackets(value)
    return opening + ', '.join(k + _text(v)
                               for k, v in _items(value)) + closing


def _items(value: Union[dict, list]) -> List[Tuple[str, Any]]:
    """Elements with what is written in front of each."""
    if isinstance(value, list):
        return [('', v) for v in value]
    if _brackets(value)[0] == 'dict(':
        return [(f'{k}=', v) for k, v in value.items()]
    return [(f'{k!r}: ', v) for k, v in value.items()]


def _brackets(value: Union[dict, list]) -> Tuple[str, str]:
    if isinstance(value, list):
        return '[', ']'
    named = all(k.isidentifier() and not iskeyword(k) for k in value)
    return ('dict(', ')') if named else ('{', '}')


def _pack(items: Sequence[str], indent: int) -> List[str]:
    """Fill lines with items."""
    lines: List[str] = []
    for item in items:
        if lines and len(lines[-1]) + 1 + len(item) <= _WIDTH:
            lines[-1] += f' {item}'
        else:
            lines.append(' ' * indent + item)
    return lines
