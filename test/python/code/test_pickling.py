"""Functions and classes of the program's ``__main__`` on their way to workers."""

from __future__ import annotations

import sys

import pytest


def lines(done):
    assert done.stderr == "", done.stderr
    assert done.returncode == 0
    return done.stdout.splitlines()


def test_functions_bring_their_globals_closures_and_defaults(programs):
    assert lines(
        programs.run(
            """
            FACTOR = 10

            def inner(v):
                return v * FACTOR

            def make(offset):
                def outer(v, more=[1]):
                    return inner(v) + offset + len(more)
                return outer

            env.from_collection([1, 2]).map(make(5)).print()
            env.execute()
            """
        )
    ) == ["16", "26"]


def test_globals_have_the_value_they_had_when_the_operator_was_built(programs):
    assert lines(
        programs.run(
            """
            factor, seen = 10, []
            scaled = env.from_collection([1]).map(lambda v: seen.append(v) or v * factor)
            factor = 20
            scaled.print()
            env.execute()
            print(seen)
            """
        )
    ) == ["10", "[]"]


def test_functions_may_be_recursive_and_call_each_other(programs):
    assert lines(
        programs.run(
            """
            def even(n):
                return True if n == 0 else odd(n - 1)

            def odd(n):
                return False if n == 0 else even(n - 1)

            def fib(n):
                return n if n < 2 else fib(n - 1) + fib(n - 2)

            env.from_collection([10]).map(lambda n: (even(n), fib(n))).print()
            env.execute()
            """
        )
    ) == ["(True, 55)"]


def test_classes_of_the_program_have_one_identity_in_all_operators(programs):
    assert lines(
        programs.run(
            """
            import dataclasses, enum, typing

            class Color(enum.Enum):
                RED = 1

            class Point(typing.NamedTuple):
                x: int
                y: int

            @dataclasses.dataclass(frozen=True)
            class Key:
                name: str
                color: Color

            class Base:
                made = 0
                def __init__(self, n):
                    self.n = n
                def __eq__(self, other):
                    return type(other) is type(self) and other.n == self.n

            class Derived(Base):
                def twice(self):
                    return type(self)(super().__getattribute__("n") * 2)

            def check(v):
                return isinstance(v, Base), type(v) is Derived, v == Derived(2), Color(1) is Color.RED

            env.set_parallelism(2)
            source = env.from_collection([1])
            source.map(Derived).rebalance().map(lambda d: d.twice()).rebalance().map(check).set_parallelism(1).print("derived").set_parallelism(1)
            env.execute()
            keyed = source.map(lambda v: (Key("a", Color.RED), v)).union(source.map(lambda v: (Key("a", Color.RED), v)))
            sums = keyed.key_by(lambda p: p[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
            for record in sums.execute_and_collect():
                print(record, type(record[0]) is Key, record[0].color is Color.RED)
            point = source.map(lambda v: Point(v, 2)).execute_and_collect(limit=1)[0]
            print(point, type(point) is Point)
            """
        )
    ) == [
        "derived> (True, True, True, True)",
        "(Key(name='a', color=<Color.RED: 1>), 1) True True",
        "(Key(name='a', color=<Color.RED: 1>), 2) True True",
        "Point(x=1, y=2) True",
    ]


def test_function_objects_have_their_attributes_and_class_state(programs):
    assert lines(
        programs.run(
            """
            class Scale(MapFunction):
                calls = 0
                def __init__(self, factor):
                    self.factor = factor
                def open(self, runtime_context):
                    self.name = runtime_context.get_task_name()
                def map(self, value):
                    Scale.calls += 1
                    return value * self.factor, Scale.calls
                @staticmethod
                def helper():
                    return 1

            env.from_collection([1, 2]).map(Scale(3)).print()
            env.execute()
            print(Scale.calls)
            """
        )
    ) == ["(3, 1)", "(6, 2)", "0"]


def test_callables_of_every_kind_are_functions(programs):
    assert sorted(
        lines(
            programs.run(
                """
            import functools, operator

            class Adds:
                def __init__(self, n): self.n = n
                def __call__(self, v): return v + self.n
                def method(self, v): return v + self.n
                @classmethod
                def of_class(cls, v): return v + 1

            source = env.from_collection([1])
            for name, f in [("object", Adds(5)), ("bound", Adds(6).method), ("class", Adds.of_class), ("builtin", abs),
                            ("partial", functools.partial(operator.add, 9)), ("type", str), ("method", (4).__add__),
                            ("getter", operator.neg)]:
                source.map(f).print(name)
            env.execute()
            """
            )
        )
    ) == sorted(
        [
            "object> 6",
            "bound> 7",
            "class> 2",
            "builtin> 1",
            "partial> 10",
            "type> 1",
            "method> 5",
            "getter> -1",
        ]
    )


@pytest.mark.parametrize(
    ("holds", "what"),
    [
        ("open(os.devnull, 'w')", "not opened for reading"),
        ("__import__('threading').Lock()", "lock"),
        ("(i for i in [])", "generator"),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_is_said(programs, holds, what):
    done = programs.run(
        f"""
        held = {holds}
        def uses(v):
            return held, v
        try:
            env.from_collection([1]).map(uses)
        except TypeError as e:
            print(e)
        """
    )
    (line,) = lines(done)
    assert what in line
    assert line.endswith(
        "(while sending map to the workers; create what cannot be pickled in open() instead)"
    )


def test_a_class_that_is_defined_again_is_the_new_one(programs):
    """As in a notebook, where a cell is changed and run again."""
    assert lines(
        programs.run(
            """
            class Answer:
                def get(self):
                    return 1

            for record in env.from_collection([0]).map(lambda v: Answer()).map(lambda a: a.get()).execute_and_collect():
                print(record)

            class Answer:
                def get(self):
                    return 2

            answers = env.from_collection([0]).map(lambda v: Answer())
            for record in answers.map(lambda a: a.get()).execute_and_collect():
                print(record)
            (answer,) = answers.execute_and_collect()
            print(answer.get(), type(answer) is Answer)
            """
        )
    ) == ["1", "2", "2 True"]


def test_methods_see_what_globals_are_when_a_job_is_built(programs):
    """As functions do; the class itself stays the same."""
    assert lines(
        programs.run(
            """
            class Above:
                def filter(self, v):
                    return v > threshold

            class Named:
                def __init__(self, v):
                    self.v = v
                def get(self):
                    return self.v * threshold

            def run():
                numbers = env.from_collection([1, 2, 3])
                named = numbers.filter(Above()).map(Named)
                print(list(named.map(lambda n: n.get()).execute_and_collect()), len(env.graph.pickler.bundles))
                return named

            for threshold in (1, 1, 2, 1):
                kept = run()
            # A stream of a job before is used again, with classes of both jobs.
            print([(type(n) is Named, n.v) for n in kept.map(lambda n: n).execute_and_collect()])
            """
        )
    ) == ["[2, 3] 2", "[2, 3] 2", "[6] 4", "[2, 3] 6", "[(True, 2), (True, 3)]"]


def test_exceptions_of_the_program_come_back_as_themselves(programs):
    assert lines(
        programs.run(
            """
            class Wrong(ValueError):
                def __init__(self, n):
                    super().__init__(n)
                    self.n = n

            def fails(v):
                raise Wrong(v)

            env.from_collection([7]).map(fails).print()
            try:
                env.execute()
            except Exception as e:
                print(type(e).__name__, isinstance(e.__cause__, Wrong), e.__cause__.n)
            """
        )
    ) == ["UserFunctionError True 7"]


def test_programs_without_a_file(programs):
    text = """
from isthmus.datastream import StreamExecutionEnvironment
class Twice:
    def map(self, v):
        return v * 2
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
offset = 1
env.from_collection([1, 2]).map(Twice()).map(lambda v: v + offset).print()
env.execute()
"""
    by_command = programs.end(programs.start_command([sys.executable, "-c", text]))
    assert lines(by_command) == ["3", "5"]
    by_stdin = programs.end(programs.start_command([sys.executable, "-"]), text)
    assert lines(by_stdin) == ["3", "5"]
