"""Read lists of names out of a pickle without running it."""
import pickletools
from typing import Any, List

_MARK = object()
_TEXTS = ('UNICODE', 'BINUNICODE', 'SHORT_BINUNICODE', 'BINUNICODE8')
_NOTHING = ('PROTO', 'FRAME', 'STOP')


def read_plain_pickle(data: bytes) -> Any:
    """Read a pickle of nested lists and tuples of texts.

    Only the instructions that build these are known here; none of them can
    import or call anything.

    Args:
        data (bytes): The pickle.

    Returns:
        list | tuple | str: Its content.

    Raises:
        ValueError: If it holds anything else.
    """
    stack: List[Any] = []
    memo: List[Any] = []
    try:
        for code, argument, _ in pickletools.genops(data):
            _step(code.name, argument, stack, memo)
    except (IndexError, UnicodeError) as error:
        raise ValueError(f'a damaged pickle: {error}') from error
    if len(stack) != 1:
        raise ValueError('a damaged pickle')
    return stack[0]


def _step(name: str, argument: Any, stack: List[Any],
          memo: List[Any]) -> None:
    if name in _TEXTS:
        stack.append(argument)
    elif name == 'MARK':
        stack.append(_MARK)
    elif name == 'EMPTY_LIST':
        stack.append([])
    elif name in ('LIST', 'TUPLE', 'APPENDS'):
        items = _since_mark(stack)
        if name == 'APPENDS':
            _last_list(stack).extend(items)
        else:
            stack.append(items if name == 'LIST' else tuple(items))
    elif name in ('TUPLE1', 'TUPLE2', 'TUPLE3'):
        count = int(name[-1])
        stack[-count:] = [tuple(stack[-count:])]
    elif name == 'APPEND':
        item = stack.pop()
        _last_list(stack).append(item)
    elif name in ('PUT', 'BINPUT', 'LONG_BINPUT', 'MEMOIZE'):
        _memoize(memo, len(memo) if argument is None else argument, stack[-1])
    elif name in ('GET', 'BINGET', 'LONG_BINGET'):
        stack.append(memo[argument])
    elif name not in _NOTHING:
        raise ValueError(f'a pickle that is no list of names ({name})')


def _since_mark(stack: List[Any]) -> List[Any]:
    items = []
    while (item := stack.pop()) is not _MARK:
        items.append(item)
    return items[::-1]


def _last_list(stack: List[Any]) -> List[Any]:
    if not isinstance(stack[-1], list):
        raise ValueError('a pickle that is no list of names')
    return stack[-1]


def _memoize(memo: List[Any], place: int, value: Any) -> None:
    """Pickles number what they refer to in order, not always from 0."""
    if not len(memo) <= place <= len(memo) + 1000:
        raise ValueError('a pickle that is no list of names')
    memo.extend([None] * (place + 1 - len(memo)))
    memo[place] = value
