"""What every random test of both languages draws from, twin of ``test/seed.ts``."""

from __future__ import annotations

import json
import os
from pathlib import Path

_GIVEN = Path(__file__).resolve().parents[1] / "seed.json"

SEED = int(os.environ.get("ISTHMUS_TEST_SEED") or json.loads(_GIVEN.read_text("utf-8"))["seed"])
