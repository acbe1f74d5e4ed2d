"""The causes of an exception, for those who judge it and those who write it down."""

from collections import deque
from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it came from: the driver's own error, its cause or context, what a group holds."""
    queue, ids = deque([error]), set[int]()
    while queue:
        link = queue.popleft()
        if id(link) in ids:
            continue
        ids.add(id(link))
        yield link
        inner = link.exceptions if isinstance(link, BaseExceptionGroup) else ()
        context = None if link.__suppress_context__ else link.__context__
        further = (getattr(link, "orig", None), link.__cause__, context, *inner)
        queue += [each for each in further if isinstance(each, BaseException)]
