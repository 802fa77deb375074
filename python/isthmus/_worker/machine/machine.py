"""What a worker asks of the machine it runs on. Runtime, operators, connectors and state reach for none of it by themselves
(``test/python/worker/machine/test_seams.py``): ``main.py`` hands it in, and a simulation hands in its own.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

from .clock import Clock, SystemClock
from .files import Files, SystemFiles
from .processes import Processes, SystemProcesses


@dataclass(frozen=True)
class Machine:
    """The machine itself, but for what is given."""

    clock: Clock = field(default_factory=SystemClock)
    files: Files = field(default_factory=SystemFiles)
    processes: Processes = field(default_factory=SystemProcesses)
    rng: random.Random = field(default_factory=random.Random)

    def uuid(self) -> str:
        """A random one (version 4) that nobody has had before."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
