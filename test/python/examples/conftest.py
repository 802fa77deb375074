"""PyFlink's own Python files, to compare with: nothing of theirs is executed here, and nothing is kept."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WHEEL = ["--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--platform", "manylinux2014_x86_64"]


@pytest.fixture(scope="session")
def pyflink_sources() -> Path:
    """The folder ``pyflink`` of PyFlink 2.3.0: installed, or from its wheel, which is fetched once (3 MB)."""
    for found in ROOT.glob("bench/venvs/pyflink/lib/python3*/site-packages/pyflink"):
        return found
    cache = ROOT / ".cache/pyflink-wheel"
    if not (cache / "pyflink").is_dir():
        command = [sys.executable, "-m", "pip", "download", "-q", *WHEEL, "-d", str(cache)]
        try:
            subprocess.run([*command, "apache-flink==2.3.0"], timeout=60, check=True, capture_output=True)
        except (subprocess.SubprocessError, OSError):
            pytest.skip("PyFlink is not installed in bench/venvs, and its wheel could not be fetched")
        (wheel,) = cache.glob("apache_flink-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(cache, [n for n in archive.namelist() if n.endswith(".py")])
    return cache / "pyflink"
