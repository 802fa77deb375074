"""Sources and sinks of a program's own, wherever they may be given: of both languages, as objects and as classes. Twin of
``test/api/own-connectors.test.ts``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from conftest import environment
from isthmus import ts

FIXTURES = Path(__file__).parents[2] / "fixtures" / "own-connectors"
sys.path.insert(0, str(FIXTURES))
from connectors import Numbers, Rows  # noqa: E402

TYPESCRIPT = str(FIXTURES / "connectors.ts")


def rows_in(folder: Path) -> list[int]:
    return sorted(int(path.read_text()) for path in folder.iterdir())


def test_a_job_of_them(tmp_path):
    places = [tmp_path / name for name in ("object", "class", "typescript", "instance")]
    for place in places:
        place.mkdir()
    objects, classes, typescript, instances = map(str, places)

    class Own(Rows):
        def __init__(self):
            super().__init__(classes)

    env = environment(2)
    env.from_source(Numbers()).sink_to(Rows(objects))
    env.from_source(Numbers).sink_to(Own)
    env.from_source(ts(TYPESCRIPT, "Numbers")).sink_to(ts(TYPESCRIPT, "Rows", [typescript]))
    plus_one = env.from_source(ts(TYPESCRIPT, "numbers")).set_parallelism(2).map(lambda n: n + 1)
    plus_one.add_sink(Rows(instances))
    env.execute()
    zero = list(range(40))
    assert [rows_in(place) for place in places] == [zero, zero, zero, list(range(101, 141))]


def test_the_default_of_an_input(env1):
    defaults = (Numbers(), Numbers, ts(TYPESCRIPT, "Numbers"))
    first, *others = [env1.from_input(str(n), default=default) for n, default in enumerate(defaults)]
    with first.union(*others).execute_and_collect() as results:
        assert sorted(results) == sorted([*range(40)] * 3)
