"""Text of records and exceptions is shown, and never taken for anything else than text."""

from __future__ import annotations

import os

import pytest
from isthmus.errors import UserFunctionError


def raises(text):
    raise ValueError("cannot parse " + text)


def test_a_record_that_looks_like_frames_reads_no_file(env, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the password\n")
    env.from_collection([f'x\n  File "{secret}", line 1, in y\nz']).map(raises).print()
    with pytest.raises(UserFunctionError) as caught:
        env.execute()
    report = caught.value.report
    for told in (str(caught.value), report["traceback"], report["fullTraceback"]):
        assert str(secret) in told
        assert "the password" not in told


def test_a_record_that_names_a_pipe_holds_nobody_up(env, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    env.from_collection([f'\n  File "{pipe}", line 1, in y\n']).map(raises).print()
    with pytest.raises(UserFunctionError, match="cannot parse"):
        env.execute()


def test_controls_of_a_terminal_show_as_escapes(env):
    env.from_collection(["\x1b[2J\rgone"]).map(raises).print()
    with pytest.raises(UserFunctionError) as caught:
        env.execute()
    assert "\x1b" not in str(caught.value)
    assert "\r" not in str(caught.value)
    assert "ValueError: cannot parse \\x1b[2J\\x0dgone" in str(caught.value)
    assert caught.value.report["exceptionMessage"] == "cannot parse \x1b[2J\rgone"
