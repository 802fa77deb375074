"""Programs as users start them: arguments, modules, exit codes, several jobs, what goes in and out."""

from __future__ import annotations

import sys

import pytest

both_ways = pytest.mark.parametrize("alone", [False, True], ids=["python -m isthmus", "python"])


@both_ways
def test_a_program_sees_its_own_name_path_and_arguments(programs, alone):
    done = programs.run(
        """
        print(__name__, os.path.basename(__file__), sys.argv[1:], os.path.basename(sys.argv[0]))
        print(os.path.samefile(sys.path[0], os.path.dirname(__file__)))
        """,
        "a",
        "--run",
        "-x=1",
        alone=alone,
    )
    assert done.stdout.splitlines() == [
        "__main__ program.py ['a', '--run', '-x=1'] program.py",
        "True",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_modules_beside_the_program_are_found_in_functions_too(programs):
    programs.write("beside.py", "def twice(v):\n    return v * 2\n")
    programs.write("package/__init__.py", "from .inner import thrice\n")
    programs.write(
        "package/inner.py", "from . import constants\ndef thrice(v):\n    return v * constants.N\n"
    )
    programs.write("package/constants.py", "N = 3\n")
    done = programs.run(
        """
        import beside
        from package import thrice

        def later(v):
            from package.inner import thrice
            return thrice(v)

        env.from_collection([1]).map(beside.twice).map(thrice).map(later).map(lambda v: beside.twice(v)).print()
        env.execute()
        """,
    )
    assert (done.stdout, done.stderr) == ("36\n", "")


def test_a_program_in_another_folder_keeps_the_working_directory(programs):
    programs.write("below/helper.py", "NAME = 'helper'\n")
    programs.write("data.txt", "line\n")
    path = programs.write(
        "below/main.py",
        """
        import helper
        from isthmus.datastream import StreamExecutionEnvironment
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(1)
        env.read_text_file("data.txt").map(lambda line: (line, open("data.txt").read(), helper.NAME)).print()
        env.execute()
        """,
    )
    done = programs.run_file(str(path))
    assert (done.stdout, done.stderr) == ("('line', 'line\\n', 'helper')\n", "")


def test_pyflink_is_isthmus(programs):
    done = programs.run(
        """
        from pyflink.common import Types
        from pyflink.datastream import StreamExecutionEnvironment
        import pyflink.datastream, isthmus.datastream

        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(1)
        env.from_collection([1], Types.INT()).map(lambda v: v + 1, Types.INT()).print()
        env.execute()
        print(pyflink.datastream is isthmus.datastream)
        try:
            import pyflink.datastream.connectors.pulsar
        except ImportError as e:
            print(e)
        """,
        prelude=False,
    )
    assert done.stdout == (
        "2\nTrue\npyflink.datastream.connectors.pulsar exists in PyFlink, but Isthmus does not have it (yet).\n"
    )


def test_modules_and_functions_import_pyflink_in_workers_too(programs):
    programs.write(
        "steps.py",
        """
        from pyflink.common import Row
        from pyflink.datastream import MapFunction

        class Pair(MapFunction):
            def map(self, value):
                return Row(value, value + 1)
        """,
    )
    done = programs.run(
        """
        from pyflink.datastream import StreamExecutionEnvironment
        from steps import Pair

        def first(row):
            from pyflink.common.types import Row
            assert isinstance(row, Row)
            return row[0]

        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(1)
        env.from_collection([1]).map(Pair()).map(first).print()
        env.execute()
        """,
        prelude=False,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.fixture
def package(programs):
    programs.write("jobs/__init__.py", "")
    programs.write("jobs/steps.py", "def plus(v):\n    return v + 1\n")
    job = """
        import sys
        from pyflink.datastream import StreamExecutionEnvironment
        from .steps import plus

        def plus_again(v):
            from .steps import plus
            return plus(v)

        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(1)
        env.from_collection([1]).map(plus).map(plus_again).print()
        env.execute()
        print(__name__, __package__, sys.argv[1:])
    """
    programs.write("jobs/job.py", job)
    programs.write("jobs/__main__.py", job)


@pytest.mark.parametrize("module", ["jobs.job", "jobs"])
def test_a_program_that_is_a_module(programs, package, module):
    done = programs.run_file("-m", module, "a", "-b")
    assert (done.stdout, done.stderr) == ("3\n__main__ jobs ['a', '-b']\n", "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-m"], "-m takes the name of a module"),
        (["-m", "nowhere"], "There is no module nowhere that can be run"),
        (["-m", "jobs.nowhere"], "There is no module jobs.nowhere that can be run"),
        (["-m", "nowhere.job"], "No module named 'nowhere'"),
    ],
)
def test_a_module_that_is_not_there(programs, package, args, message):
    done = programs.run_file(*args)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_other_processes_say_once_that_pyflink_is_isthmus(programs):
    done = programs.run(
        """
        import isthmus
        isthmus.install_as_pyflink()
        from pyflink.datastream import MapFunction, StreamExecutionEnvironment

        class Plus(MapFunction):
            def map(self, v):
                return v + 1

        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(1)
        env.from_collection([1]).map(Plus()).print()
        env.execute()
        """,
        alone=True,
        prelude=False,
    )
    assert (done.stdout, done.stderr) == ("2\n", "")


@pytest.mark.parametrize(
    ("text", "code", "stderr"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit('wrong')", 1, "wrong\n"),
        ("raise SystemExit", 0, ""),
        ("raise ValueError('before')", 1, "ValueError: before\n"),
        (
            "env.from_collection([1]).print(); env.execute(); raise ValueError('after')",
            1,
            "ValueError: after\n",
        ),
        ("env.from_collection([0]).map(lambda v: 1 / v).print(); env.execute()", 1, "division by zero"),
        ("os._exit(9)", 9, ""),
    ],
)
def test_exit_codes(programs, text, code, stderr):
    """They are those of Python, which needs no test of ours without ``-m isthmus``."""
    done = programs.run(text)
    assert done.returncode == code
    assert stderr in done.stderr if stderr else done.stderr == ""


def test_an_uncaught_error_shows_the_program_only(programs):
    done = programs.run("def f():\n    raise ValueError('wrong')\nf()\n")
    assert done.stderr == (
        "Traceback (most recent call last):\n"
        f'  File "{programs.folder}/program.py", line 9, in <module>\n    f()\n'
        f"  File \"{programs.folder}/program.py\", line 8, in f\n    raise ValueError('wrong')\n"
        "ValueError: wrong\n"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [(["nowhere.py"], "there is no file nowhere.py"), ([], "python -m isthmus program.py")],
)
def test_a_program_that_is_not_there(programs, args, message):
    done = programs.end(programs.start_command([sys.executable, "-m", "isthmus", *args]))
    assert done.returncode == 2
    assert message in done.stderr


def test_a_program_with_a_syntax_error(programs):
    done = programs.run("def f(:\n", prelude=False)
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr and "program.py" in done.stderr
    assert "isthmus/" not in done.stderr


def test_several_jobs_and_output_in_the_order_of_the_program(programs):
    done = programs.run(
        """
        for n in range(3):
            print("before", n)
            env.from_collection([n]).map(lambda v: print("inside", v) or v).print("job")
            env.execute()
            print("after", n)
        """,
    )
    expected = [
        line.format(n=n) for n in range(3) for line in ("before {n}", "inside {n}", "job> {n}", "after {n}")
    ]
    assert done.stdout.splitlines() == expected
    assert done.stderr == ""


@both_ways
def test_whatever_functions_write_is_on_stdout_verbatim(programs, alone):
    done = programs.run(
        r"""
        import subprocess

        def writes(v):
            print("print ü")
            sys.stdout.write("no newline; ")
            sys.stdout.flush()
            os.write(1, b"raw\n")
            subprocess.run(["echo", "from a subprocess"])
            os.system("echo from a shell")
            print("error", file=sys.stderr)
            os.write(2, b"raw error\n")
            return v

        env.from_collection([1]).map(writes).print()
        env.execute()
        """,
        alone=alone,
    )
    assert done.stdout == "print ü\nno newline; raw\nfrom a subprocess\nfrom a shell\n1\n"
    assert done.stderr == "error\nraw error\n"


@pytest.mark.parametrize("ending", ["return v", "raise ValueError(v)"], ids=["returns", "raises"])
def test_what_buffers_still_hold_is_out_when_a_job_ends(programs, ending):
    done = programs.run(
        f"""
        import ctypes

        def writes(v):
            ctypes.CDLL(None).printf(b"of C's stdio\\n")
            print("unfinished line", end="")
            {ending}

        env.from_collection([1]).map(writes).add_sink(lambda v: None)
        try:
            env.execute()
        except Exception:
            pass
        print(", the program's")
        """
    )
    lines = sorted(done.stdout.splitlines())
    assert lines == ["of C's stdio", "unfinished line, the program's"]


def test_nothing_of_much_output_is_lost(programs):
    done = programs.run(
        """
        def much(v):
            for n in range(20000):
                print("line", n)
        env.from_collection([1]).map(much)
        env.execute()
        print("end")
        """
    )
    lines = done.stdout.splitlines()
    assert lines == [f"line {n}" for n in range(20000)] + ["end"]


def test_output_that_nobody_reads_ends_the_program_quietly(programs):
    child = programs.start("env.from_collection(range(200000)).print()\nenv.execute()\n")
    assert child.stdout.readline() == "0\n"
    child.stdout.close()
    child.stdin.close()
    # What it says may differ; that it ends, and soon, may not.
    assert child.wait(timeout=15) is not None


def test_stdin_belongs_to_the_program(programs):
    done = programs.run(
        """
        print("first", input())
        env.from_collection([1]).map(lambda v: repr(sys.stdin.read())).print()
        env.execute()
        print("second", input())
        """,
        input="a\nb\n",
    )
    assert done.stdout == "first a\n''\nsecond b\n"


def test_logging_in_functions_reaches_the_loggers_of_the_program(programs):
    done = programs.run(
        """
        import logging
        logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.INFO, stream=sys.stdout)

        def logs(v):
            logging.getLogger("mine").warning("record %s", v)
            logging.getLogger("mine").info("detail")
            return v

        env.from_collection([1]).map(logs)
        env.execute()
        """
    )
    assert done.stdout == "WARNING mine record 1\nINFO mine detail\n"


def test_changes_of_environment_folder_and_path_reach_functions(programs):
    programs.write("elsewhere/found.py", "NAME = 'found'\n")
    done = programs.run(
        """
        os.environ["SAID"] = "here"
        os.chdir("elsewhere")
        sys.path.append(os.getcwd())

        def sees(v):
            import found
            return os.environ["SAID"], os.path.basename(os.getcwd()), found.NAME

        env.from_collection([1]).map(sees).print()
        env.execute()
        """
    )
    assert (done.stdout, done.stderr) == ("('here', 'elsewhere', 'found')\n", "")


def test_a_forked_child_has_a_runtime_of_its_own(programs):
    done = programs.run(
        """
        env.from_collection([1]).print()
        env.execute()
        sys.stdout.flush()
        child = os.fork()
        mine = StreamExecutionEnvironment.get_execution_environment()
        mine.set_parallelism(1)
        if child == 0:
            print(mine.from_collection(["child"]).execute_and_collect(limit=1))
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(mine.from_collection(["parent"]).execute_and_collect(limit=1), status)
        """
    )
    assert done.stdout == "1\n['child']\n['parent'] 0\n"
    assert done.returncode == 0


def test_multiprocessing_works_in_programs_and_functions(programs):
    done = programs.run(
        """
        import multiprocessing

        def square(v):
            return v * v

        def in_a_pool(v):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return pool.map(abs, [-v, v])

        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(2) as pool:
                print(pool.map(square, [1, 2]))
            env.from_collection([3]).map(in_a_pool).print()
            env.execute()
        """
    )
    assert (done.stdout, done.returncode) == ("[1, 4]\n[3, 3]\n", 0)


def test_a_program_without_a_job_is_as_quick_as_its_imports(programs):
    done = programs.run("print('nothing to do')\n", prelude=False)
    assert (done.stdout, done.stderr, done.returncode) == ("nothing to do\n", "", 0)
