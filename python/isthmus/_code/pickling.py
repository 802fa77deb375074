"""Functions and records on their way to the workers, and the classes of the program's ``__main__``.

A worker has no ``__main__`` of the program's. Pickled piecemeal by value, a class of it would exist several times, and
a key of one run would not equal the same key of the next. So its classes travel once, in *bundles* that the worker
installs in its own ``__main__``; everything else names them by reference, and plain C pickle serves for records.

  K1. Of a job, a class is in one bundle: the first that needs it. A bundle holds everything its classes refer to, so
      classes that refer to each other are in one, and later bundles refer only to earlier ones.
  K2. Functions go by value, when the operator is built: globals have the value they have then. Those of a class's
      methods have the value they have when the first operator of the job with that class is built.
  K3. Of several bundles with a class the last counts: where a class was defined again since the job before, as in a
      notebook's cell, or a global of its methods has changed, a bundle is added. Streams of earlier jobs may need the
      earlier ones, so these stay.
"""

from __future__ import annotations

import io
import pickle
import sys
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle

from .by_value import ByValuePickler
from .source_lines import own_source


def _main_class(obj: Any) -> str | None:
    """The root name in ``__main__`` of a class that is found there by its qualified name."""
    if not isinstance(obj, type) or obj.__module__ != "__main__":
        return None
    found: Any = sys.modules.get("__main__")
    path = obj.__qualname__.split(".")
    for part in path:
        found = getattr(found, part, None)
    return path[0] if found is obj else None


def _find_main(qualname: str) -> Any:
    found: Any = sys.modules["__main__"]
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


class _Pickler(ByValuePickler):
    """By reference what is bundled, by value what is not, and notes what it met."""

    def __init__(self, file: io.BytesIO, by_reference: dict[str, type]) -> None:
        super().__init__(file, protocol=5)
        self._by_reference = by_reference
        self.met: dict[str, type] = {}
        #: Text that no file has, by the name that code has for it.
        self.sources: dict[str, str] = {}

        #: Names of modules that what was pickled refers to.
        self.modules: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, ModuleType):
            self.modules.add(obj.__name__)
        elif isinstance(obj, (FunctionType, type)) and isinstance(obj.__module__, str):
            self.modules.add(obj.__module__)
        if isinstance(obj, FunctionType) and obj.__code__.co_filename not in self.sources:
            source = own_source(obj.__code__)
            if source is not None:
                self.sources[obj.__code__.co_filename] = source
        root = _main_class(obj)
        if root is not None:
            current = _find_main(root)
            if self._by_reference.get(root) is current:
                return _find_main, (obj.__qualname__,)
            self.met.setdefault(root, current)
        return super().reducer_override(obj)


class FunctionPickler:
    """Pickles the functions and collections of a program."""

    def __init__(self) -> None:
        #: The job's so far.
        self._bundled: dict[str, type] = {}
        #: The bundle that counts, by root name.
        self._latest: dict[str, bytes] = {}
        #: Classes of ``__main__``, in order of installation.
        self.bundles: list[bytes] = []
        #: Of all functions so far, text that only this process has.
        self.sources: dict[str, str] = {}
        #: Names of modules that they refer to.
        self.modules: set[str] = set()

    def pickle(self, obj: Any, name: str) -> bytes:
        """Pickle a function, an object with methods, or a list of records.

        Raises:
            TypeError: It holds something that cannot be pickled; the text says what and for which operator.
        """
        data, met = self._pickle(obj, name)  # K2
        if not met:
            return data
        # K1: all new classes in one bundle, then the function again, with all of them by reference.
        bundle = self._pickle(met, name)[0]
        if any(self._latest.get(root) != bundle for root in met):  # K3
            self.bundles.append(bundle)
            self._latest.update(dict.fromkeys(met, bundle))
        self._bundled |= met
        return self._pickle(obj, name)[0]

    def next_job(self) -> None:
        """What is pickled from now on belongs to another job (K3)."""
        self._bundled = {}

    def _pickle(self, obj: Any, name: str) -> tuple[bytes, dict[str, type]]:
        file = io.BytesIO()
        pickler = _Pickler(file, self._bundled)
        try:
            pickler.dump(obj)
        except RecursionError:
            raise TypeError(
                f"{name} cannot be sent to a worker: what it holds is nested too deeply."
            ) from None
        except (pickle.PicklingError, TypeError, AttributeError) as e:
            raise TypeError(
                f"{e} (while sending {name} to the workers; create what cannot be pickled in open() instead)"
            ) from e
        self.sources |= pickler.sources
        self.modules |= pickler.modules
        return file.getvalue(), pickler.met


def install_bundle(data: bytes) -> None:
    """Put the classes of a bundle into this process's ``__main__``; called by the worker."""
    main = sys.modules["__main__"]
    for name, value in cloudpickle.loads(data).items():
        setattr(main, name, value)
