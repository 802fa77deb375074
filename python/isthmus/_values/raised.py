"""What user code may raise: anything.

``sys.exit()`` raises SystemExit, a cancelled request asyncio.CancelledError, a panic of a Rust extension and many a
test tool a BaseException of their own, ``gen.throw`` a GeneratorExit. Whatever it is, it is the failure of that
function, never the end of its worker or of one of its threads. So:

  - Whoever calls code of the user's (import, constructor, ``open``, call, ``close``, iteration, comparison, hash,
    pickling, text of a value) catches ``ANYTHING`` around it.
  - Exceptions are never asked for their text or their fields bare, but through ``shown``.
  - A StopIteration out of a function must not end an iteration of ours: tasks look whether their input was used up.
"""

from __future__ import annotations

#: For ``except``: what user code may raise.
ANYTHING = BaseException
