"""Mirrors isthmus/_code/imports.py: modules that run jobs while they are imported."""

from __future__ import annotations

ENV = """\
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
"""
JOB = ENV + "def f(x): return x * 2\nstream = env.from_collection([1, 2]).map(f)\n"
TOLD = "{file}, line {line}, runs a job while it is imported."


def test_a_module_that_executes_on_import_is_refused_by_the_worker(programs):
    file = programs.write("job.py", JOB + "stream.print()\nenv.execute()\n")
    done = programs.run("import job\n", prelude=False)
    assert done.returncode == 1
    assert TOLD.format(file=file, line=7) in done.stderr
    assert 'if __name__ == "__main__":' in done.stderr
    assert done.stdout == ""


def test_collected_and_awaited_jobs_are_refused_too(programs):
    for run in ("list(stream.execute_and_collect())", "stream.print(); env.execute_async().get_job_id()"):
        file = programs.write("job.py", JOB + f"{run}\n")
        done = programs.run(
            "import job\njob.env.from_collection([1]).map(job.f).print(); job.env.execute()", prelude=False
        )
        assert TOLD.format(file=file, line=6) in done.stderr


def test_a_module_may_build_streams_on_import(programs):
    programs.write("job.py", JOB)
    done = programs.run("import job\nprint(list(job.stream.execute_and_collect()))\n", prelude=False)
    assert (done.stdout, done.stderr) == ("[2, 4]\n", "")


def test_a_thread_that_an_import_starts_is_refused_also_after_it(programs):
    programs.write(
        "job.py",
        """
        import threading
        from isthmus.datastream import StreamExecutionEnvironment
        begin, told = threading.Event(), []
        def f(x):
            begin.set()
            thread.join()
            return told
        def run():
            begin.wait()
            try:
                env = StreamExecutionEnvironment.get_execution_environment()
                env.set_parallelism(1)
                told.extend(env.from_collection([1]).map(str).execute_and_collect())
            except Exception as error:
                told.append(type(error).__name__)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        """,
    )
    done = programs.run("import job\nprint(list(env.from_collection([1]).map(job.f).execute_and_collect()))")
    assert (done.stdout, done.stderr) == ("[['GraphError']]\n", "")


def test_a_child_that_an_import_forks_is_refused(programs):
    programs.write(
        "job.py",
        """
        import os
        from isthmus.datastream import StreamExecutionEnvironment
        told = 0
        def f(x): return told
        def run():
            env = StreamExecutionEnvironment.get_execution_environment()
            env.set_parallelism(1)
            return list(env.from_collection([1]).map(f).execute_and_collect())
        if __name__ != "__main__":
            pid = os.fork()
            if pid == 0:
                try:
                    run()
                    os._exit(0)
                except Exception as error:
                    os._exit(7 if "while it is imported" in str(error) else 8)
            told = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        """,
    )
    # In the program's own child the job runs; it is refused in that of the worker, and so fails nobody.
    done = programs.run("import job\nprint(list(env.from_collection([1]).map(job.f).execute_and_collect()))")
    assert (done.stdout, done.stderr) == ("[7]\n", "")


def test_functions_may_run_jobs_also_in_threads_and_children(programs):
    programs.write(
        "jobs.py",
        """
        import multiprocessing, threading
        from isthmus.datastream import StreamExecutionEnvironment
        def run(x):
            env = StreamExecutionEnvironment.get_execution_environment()
            env.set_parallelism(1)
            return list(env.from_collection([x]).map(lambda v: v + 1).execute_and_collect())
        def here(x): return run(x)
        def in_a_thread(x):
            told = []
            thread = threading.Thread(target=lambda: told.extend(run(x)))
            thread.start(); thread.join()
            return told
        def in_a_child(x):
            with multiprocessing.get_context("fork").Pool(1) as pool:
                return pool.apply(run, (x,))
        """,
    )
    for function, x in (("here", 1), ("in_a_thread", 2), ("in_a_child", 3)):
        done = programs.run(
            f"import jobs\nprint(list(env.from_collection([{x}]).map(jobs.{function}).execute_and_collect()))"
        )
        assert (done.stdout, done.stderr) == (f"[[{x + 1}]]\n", "")


def test_programs_may_run_jobs_on_import(programs):
    programs.write(
        "job.py", ENV + "print(list(env.from_collection([1]).map(lambda x: x).execute_and_collect()))\n"
    )
    done = programs.run("import job\n", prelude=False)
    assert (done.stdout, done.stderr) == ("[1]\n", "")
