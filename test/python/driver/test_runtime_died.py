"""A runtime that dies ends its jobs with an error that says how it died and what to do; the program goes on with another."""

from __future__ import annotations

import pytest

FUNCTIONS = """
const kept: unknown[] = [];
export function keepsAll(x: number) { for (;;) kept.push(new Array(1e5).fill(x)); }
export function aborts(x: number) { process.abort(); }
export function kills(x: number) { process.kill(process.pid, 'SIGKILL'); for (;;); }
export function terminates(x: number) { process.kill(process.pid, 'SIGTERM'); for (;;); }
export function leaves(x: number) { (process as unknown as { reallyExit(code: number): void }).reallyExit(7); }
export function leavesInSilence(x: number) { (process as unknown as { reallyExit(code: number): void }).reallyExit(0); }
export function exits(x: number) { process.exit(3); }
export const same = (x: number) => x;
"""

WHAT_IS_SAID = {
    "keepsAll": "RuntimeDiedError ISTHMUS_RUNTIME_DIED The runtime was killed by SIGABRT while it was needed, with all jobs of the "
    "program. A heap that is full ends it so (its limit is ",
    "aborts": "RuntimeDiedError ISTHMUS_RUNTIME_DIED The runtime was killed by SIGABRT",
    "kills": "RuntimeDiedError ISTHMUS_RUNTIME_DIED The runtime was killed by SIGKILL while it was needed, with all jobs of the "
    "program. Somebody did that, or the system, as memory ran out",
    "leaves": "RuntimeDiedError ISTHMUS_RUNTIME_DIED The runtime exited with code 7 while it was needed",
    "leavesInSilence": "RuntimeDiedError ISTHMUS_RUNTIME_DIED The runtime ended while it was needed",
    "exits": "UserFunctionError ISTHMUS_USER_FUNCTION",
}


@pytest.mark.parametrize("name", WHAT_IS_SAID)
def test_a_runtime_that_dies_says_how(programs, name):
    programs.write("functions.ts", FUNCTIONS)
    done = programs.run(
        f"""
        os.environ["NODE_OPTIONS"] = "--max-old-space-size=150"
        from isthmus import ts
        from isthmus.errors import IsthmusError
        env.from_collection([1]).map(ts("./functions.ts", "{name}")).print()
        try:
            env.execute("job")
        except IsthmusError as e:
            print(type(e).__name__, e.code, str(e).splitlines()[0])
        env.from_collection([7]).map(ts("./functions.ts", "same")).print()
        env.execute("next")
        """,
        timeout=120,
    )
    said, *rest = done.stdout.splitlines()
    assert said.startswith(WHAT_IS_SAID[name])
    assert rest == ["7"]
    if name == "keepsAll":
        assert "NODE_OPTIONS=--max-old-space-size=" in said
        assert "heap" in done.stderr
