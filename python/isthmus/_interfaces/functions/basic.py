"""Functions of one record at a time, key selectors, partitioners."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from .context import Function

IN = TypeVar("IN")
IN1 = TypeVar("IN1")
IN2 = TypeVar("IN2")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")
T = TypeVar("T")
ACC = TypeVar("ACC")


class MapFunction(Function, Generic[IN, OUT]):
    """One record in, one record out."""

    @abstractmethod
    def map(self, value: IN, /) -> OUT:
        """The result for a record."""


class FlatMapFunction(Function, Generic[IN, OUT]):
    """One record in, any number out: return an iterable or be a generator."""

    @abstractmethod
    def flat_map(self, value: IN, /) -> Iterable[OUT]:
        """Any number of results for a record; None is an error."""


class FilterFunction(Function, Generic[IN]):
    """Keeps the records for which it returns something true."""

    @abstractmethod
    def filter(self, value: IN, /) -> bool:
        """Whether the record goes on."""


class ReduceFunction(Function, Generic[T]):
    """Combines two values of a key into one of the same type."""

    @abstractmethod
    def reduce(self, value1: T, value2: T, /) -> T:
        """One value of two; ``value1`` is that of the records before."""


class AggregateFunction(Function, Generic[IN, ACC, OUT]):
    """Aggregates values by way of an accumulator.

    Set ``mergeable = True`` on a class whose ``merge`` is exact (associative, and ``merge(a, b)`` may use
    up both): sliding windows then share work between windows that overlap.
    """

    #: Declares that ``merge`` may be used to put windows together from slices.
    mergeable: bool = False

    @abstractmethod
    def create_accumulator(self) -> ACC:
        """A new accumulator, with nothing in it."""

    @abstractmethod
    def add(self, value: IN, accumulator: ACC, /) -> ACC:
        """The accumulator with ``value`` in it; may be the same object, changed."""

    @abstractmethod
    def get_result(self, accumulator: ACC, /) -> OUT:
        """The result of an accumulator."""

    @abstractmethod
    def merge(self, acc_a: ACC, acc_b: ACC, /) -> ACC:
        """Called for windows that merge (sessions) only, unless the class declares itself ``mergeable``."""


class KeySelector(Function, Generic[IN, KEY]):
    """Gives the key of a record."""

    @abstractmethod
    def get_key(self, value: IN, /) -> KEY:
        """The key of a record."""


class NullByteKeySelector(KeySelector[Any, int]):
    """The same key for every record."""

    def get_key(self, value: Any, /) -> int:
        return 0


class Partitioner(Function, Generic[KEY]):
    """Sends a key to one of the parallel subtasks downstream."""

    @abstractmethod
    def partition(self, key: KEY, num_partitions: int, /) -> int:
        """Returns the subtask's index, from 0 to ``num_partitions - 1``."""


class CoMapFunction(Function, Generic[IN1, IN2, OUT]):
    """A map over two inputs; a result of None is dropped."""

    @abstractmethod
    def map1(self, value: IN1, /) -> OUT:
        """The result for a record of the first input; None: there is none."""

    @abstractmethod
    def map2(self, value: IN2, /) -> OUT:
        """The result for a record of the second input; None: there is none."""


class CoFlatMapFunction(Function, Generic[IN1, IN2, OUT]):
    """A flat map over two inputs."""

    @abstractmethod
    def flat_map1(self, value: IN1, /) -> Iterable[OUT]:
        """Any number of results for a record of the first input."""

    @abstractmethod
    def flat_map2(self, value: IN2, /) -> Iterable[OUT]:
        """Any number of results for a record of the second input."""


class FunctionWrapper(Function):
    """Base of wrappers that make a function class of a plain callable."""

    def __init__(self, func: Callable[..., Any]) -> None:
        self._func = func


class JavaFunctionWrapper:
    """A function that lives in a JVM; there is none here."""

    def __init__(self, j_function: Any) -> None:
        from isthmus.errors import UnsupportedError

        raise UnsupportedError(
            f"{type(self).__name__} wraps a Java class, and Isthmus runs without a JVM. "
            "Use a Python function as source (env.from_source) or sink (stream.add_sink)."
        )


class SourceFunction(JavaFunctionWrapper):
    """PyFlink's wrapper of a Java source."""


class SinkFunction(JavaFunctionWrapper):
    """PyFlink's wrapper of a Java sink."""
