"""What process functions, timers and window functions return: iterables of records, some of them for
side outputs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from ..runtime.operator import OperatorContext

#: Whoever has a tag has imported this.
_TAGS = "isthmus._interfaces.output_tag"


def flatten(results: Iterator[Iterable[Any]], ctx: OperatorContext) -> Iterator[Any]:
    """The records of all results in order; ``(tag, value)`` pairs go to their side output, or nowhere
    if nobody reads it.
    """
    # A function may make its first tag while its results are taken, but not without the class.
    if not ctx.side_tags and _TAGS not in sys.modules:
        return chain.from_iterable(results)
    return _sort_out(results, ctx)


def _sort_out(results: Iterator[Iterable[Any]], ctx: OperatorContext) -> Iterator[Any]:
    from ..._interfaces.output_tag import OutputTag

    emit_side = ctx.emit_side
    tags = ctx.side_tags
    for result in results:
        for record in result:
            if type(record) is tuple and len(record) == 2 and isinstance(record[0], OutputTag):
                tag = record[0].tag_id
                if tag in tags:
                    emit_side(tag, record[1])
            else:
                yield record
