"""What goes wrong in the runtime is of one job, or is told with what can be done about it."""

from __future__ import annotations

import resource

FUNCTIONS = """
export function late(x: number) { if (x === 1) setTimeout(() => { throw new Error('thrown late'); }, 1); return x; }
export function unawaited(x: number) {
  if (x === 1) void (async () => { await null; throw new Error('nobody awaits'); })();
  return x;
}
"""


def test_an_uncaught_error_of_a_function_ends_its_job_alone(programs):
    programs.write("functions.ts", FUNCTIONS)
    done = programs.run(
        """
        from isthmus import ts
        from isthmus.errors import UserFunctionError
        def waits(n):
            while not os.path.exists("both-failed"):
                time.sleep(0.01)
            return n
        env.from_collection([7]).map(waits).print()
        other = env.execute_async("other")
        for name in ("late", "unawaited"):
            env.from_source(lambda: iter(range(10**9))).map(ts("./functions.ts", name)).add_sink(lambda v: None)
            try:
                env.execute(name)
            except UserFunctionError as e:
                print(str(e).splitlines()[0])
        open("both-failed", "w").close()
        other.get_job_execution_result().result()
        """
    )
    said = (
        "A TypeScript function raised outside of its call (in a callback, or a promise nobody awaits): Error:"
    )
    assert done.stdout.splitlines() == [f"{said} thrown late", f"{said} nobody awaits", "7"]
    assert (done.stderr, done.returncode) == ("", 0)


def test_too_many_open_files_are_told_with_the_limit(programs):
    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    done = programs.end(
        programs.start(
            """
            from isthmus.errors import WorkerError
            env.set_parallelism(16)
            env.from_collection(range(100)).map(lambda n: n).print()
            try:
                env.execute()
            except WorkerError as e:
                print(e.code, e)
            env.set_parallelism(1)
            print(list(env.from_collection([1]).map(lambda n: n).execute_and_collect()))
            """,
            preexec_fn=few_files,
        )
    )
    assert len(done.stdout.splitlines()) == 2, done.stderr
    error, result = done.stdout.splitlines()
    assert error.startswith("ISTHMUS_WORKER_START Python worker")
    assert "no more files may be open (EMFILE; the limit is 64). Raise the limit (ulimit -n)" in error
    assert result == "[1]"
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_raised_frame_limit_holds_for_results(programs):
    program = """
        from isthmus.errors import CodecError
        def large(n):
            return b"x" * (n << 20)
        for mebibytes in (70, 1):
            try:
                print([len(r) for r in env.from_collection([mebibytes]).map(large).execute_and_collect()])
            except CodecError as e:
                print("Raise isthmus.bridge.max-frame-bytes" in str(e))
        """
    assert programs.run(program).stdout == "True\n[1048576]\n"
    raised = programs.run(program, env={"ISTHMUS_BRIDGE_MAX_FRAME_BYTES": "100 mb"})
    assert raised.stdout == "[73400320]\n[1048576]\n"


def test_process_exit_of_a_typescript_function_is_its_failure(programs):
    programs.write(
        "exits.ts",
        """
        export function inCall(n: number): number { process.exit(3); }
        export function inCallback(n: number): Promise<number> {
          setImmediate(() => process.exit(4));
          return new Promise(() => {});
        }
        """,
    )
    done = programs.run(
        """
        from isthmus import ts
        from isthmus.errors import UserFunctionError
        for name in ("inCall", "inCallback"):
            env.from_collection([1]).map(ts("./exits.ts", name)).print()
            try:
                env.execute(name)
            except UserFunctionError as e:
                print(str(e).splitlines()[0])
                print("isthmus" in str(e).lower())
        print(list(env.from_collection([1]).map(lambda n: n).execute_and_collect()))
        """
    )
    outside = "A TypeScript function raised outside of its call (in a callback, or a promise nobody awaits)"
    said = "was called in the process that runs all of the program's TypeScript functions; throw an error to end the job."
    assert done.stdout.splitlines() == [
        f'Error in operator "Map" (subtask 1/1): process.exit(3) {said}',
        "False",  # No calls of ours.
        f"{outside}: Error: process.exit(4) {said}",
        "False",
        "[1]",
    ]
    assert (done.stderr, done.returncode) == ("", 0)
