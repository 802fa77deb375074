"""Where users try things out: the REPL, notebooks, running event loops."""

from __future__ import annotations

import sys

REPL = """\
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
_ = env.set_parallelism(1)
class Twice:
    def map(self, v):
        return v * 2

stream = env.from_collection([1, 2]).map(Twice())
list(stream.execute_and_collect())
def fails(v):
    raise ValueError("wrong")

_ = stream.map(fails).print()
env.execute()
_ = stream.print()
_ = env.execute()
"""


def test_the_repl(programs):
    done = programs.end(programs.start_command([sys.executable, "-i", "-q"]), REPL)
    assert done.stdout.splitlines() == ["[2, 4]", "2", "4"]
    assert "ValueError" in done.stderr and "wrong" in done.stderr
    assert done.returncode == 0


CELLS = """
import asyncio, sys
from code import InteractiveInterpreter

cells = [
    '''
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
_ = env.set_parallelism(1)
scale = 2
class Scaled:
    def __init__(self, v):
        self.v = v * scale
    ''',
    '''
stream = env.from_collection([1, 2]).map(Scaled).map(lambda s: s.v)
print(list(stream.execute_and_collect()))
_ = stream.print()
_ = env.execute()
    ''',
    '''
scale = 3
class Scaled:
    def __init__(self, v):
        self.v = v * scale
print(list(env.from_collection([1, 2]).map(Scaled).map(lambda s: s.v).execute_and_collect()))
    ''',
    '''
with env.from_collection(range(10**6)).execute_and_collect() as results:
    print(next(results))
    ''',
]

async def notebook():
    # As a notebook's kernel does: a loop runs, and cells are executed in __main__ from within it.
    for n, cell in enumerate(cells):
        exec(compile(cell, f"<cell {n}>", "exec"), sys.modules["__main__"].__dict__)
        await asyncio.sleep(0)

asyncio.run(notebook())
"""


def test_cells_run_inside_a_running_event_loop(programs):
    done = programs.end(programs.start_command([sys.executable, "-c", CELLS]))
    assert (done.stdout.splitlines(), done.stderr) == (["[2, 4]", "2", "4", "[3, 6]", "0"], "")


FAILING_CELL = """
import linecache

cell = '''
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
def inverse(v):
    return 1 // v

env.from_collection([0]).map(inverse).print()
env.execute()
'''
name = "<cell 7>"
linecache.cache[name] = (len(cell), None, cell.splitlines(True), name)
exec(compile(cell, name, "exec"))
"""


def test_the_line_of_a_cell_is_shown(programs):
    done = programs.end(programs.start_command([sys.executable, "-c", FAILING_CELL]))
    assert 'File "<cell 7>", line 6, in inverse\n    return 1 // v\n' in done.stderr


NOTEBOOK_STREAM = """
import io, os, sys

class OutStream(io.TextIOBase):
    '''As a notebook's: a text stream that names the terminal of its server, while descriptor 1 is read for the cell.'''
    def fileno(self):
        return terminal
    def write(self, text):
        os.write(1, text.encode())

terminal = os.open(os.devnull, os.O_WRONLY)
sys.stdout = OutStream()
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([1]).map(lambda v: print("inside") or v).print()
env.execute()
print("after")
"""


def test_output_is_shown_below_the_cell(programs):
    done = programs.end(programs.start_command([sys.executable, "-c", NOTEBOOK_STREAM]))
    assert (done.stdout, done.stderr) == ("inside\n1\nafter\n", "")


def test_a_program_that_has_replaced_stdout_by_a_file(programs):
    done = programs.run(
        """
        import contextlib
        with open("output.txt", "w") as file, contextlib.redirect_stdout(file):
            from isthmus.datastream import StreamExecutionEnvironment
            print("before")
            env = StreamExecutionEnvironment.get_execution_environment()
            env.set_parallelism(1)
            env.from_collection([1]).print()
            env.execute()
            print("after")
        """,
        prelude=False,
        alone=True,
    )
    assert done.returncode == 0
    assert (programs.folder / "output.txt").read_text() == "before\n1\nafter\n"
