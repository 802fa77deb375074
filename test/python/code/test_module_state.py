"""Mirrors isthmus/_code/module_state.py: what the program has set in its modules is what its functions see."""

from __future__ import annotations

SETTINGS = """
import time
factor = 1
name: str = "unset"
options = {}
levels = ["a"]
nothing = None
started = time.time()
handlers = {}
def handler(f):
    handlers[f.__name__] = f
    return f
@handler
def first(x): return x
def scale(x): return x * factor
def pid():
    import os
    return os.getpid()
"""
SHOW = "lambda _: (settings.factor, settings.name, settings.options, settings.levels, settings.nothing)"


def run(programs, text, **more):
    programs.write("settings.py", SETTINGS)
    return programs.run("import settings\none = env.from_collection([7])\n" + text, **more)


def test_values_that_the_program_sets_are_carried(programs):
    done = run(
        programs,
        f"""
settings.factor, settings.name, settings.nothing = 14, "mine", (1, 2.5)
settings.options.update(limit=3, path=["a", b"b"])
settings.levels.append("b")
print(list(one.map({SHOW}).execute_and_collect()))
print(list(one.map(settings.scale).execute_and_collect()))
settings.factor = 1
print(list(one.map(settings.scale).execute_and_collect()))
""",
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "[(14, 'mine', {'limit': 3, 'path': ['a', b'b']}, ['a', 'b'], (1, 2.5))]",
        "[98]",
        "[7]",
    ]


def test_containers_stay_the_ones_that_others_have_taken_out(programs):
    programs.write("user.py", "from settings import levels, options\ndef show(_): return levels, options\n")
    done = run(
        programs,
        "import user\nsettings.levels[:] = ['x']\nsettings.options['y'] = 1\n"
        "print(list(one.map(user.show).execute_and_collect()))\n",
    )
    assert (done.stdout, done.stderr) == ("[(['x'], {'y': 1})]\n", "")


def test_what_a_module_has_taken_out_before_stays(programs):
    programs.write("mine/__init__.py", "")
    programs.write("mine/settings.py", "factor = 1\n")
    programs.write(
        "mine/user.py",
        "from . import settings\nfrom .settings import factor\ndef show(_): return factor, settings.factor\n",
    )
    done = run(
        programs,
        "import mine.user\nmine.settings.factor = 14\nprint(list(one.map(mine.user.show).execute_and_collect()))\n",
    )
    assert (done.stdout, done.stderr) == ("[(1, 14)]\n", "")


def test_what_an_import_makes_is_left_alone(programs):
    done = run(
        programs,
        "settings.started = 0\n"
        "print(list(one.map(lambda _: (settings.started > 0, list(settings.handlers))).execute_and_collect()))\n",
    )
    assert (done.stdout, done.stderr) == ("[(True, ['first'])]\n", "")


def test_what_cannot_be_carried_is_told_once(programs):
    done = run(
        programs,
        """
settings.factor = open("settings.py")
settings.nothing = object()
settings.scale = lambda x: -x
for _ in range(2):
    print(list(one.map(lambda x: settings.scale(x)).execute_and_collect()))
""",
    )
    assert done.stdout == "[7]\n[7]\n"
    told = done.stderr.splitlines()
    assert len(told) == 2
    assert told[0].startswith(
        "The program has put a TextIOWrapper, which is not carried to workers into settings.factor."
    )
    assert told[1].startswith("The program has put another function than its own into settings.scale.")


def test_modules_of_packages_and_of_libraries(programs):
    programs.write("mine/__init__.py", "")
    programs.write("mine/deep.py", "limit = 1\ndef over(x): return x > limit\n")
    done = run(
        programs,
        "import mine.deep, json\nmine.deep.limit = 10\njson.__author__ = 'me'\n"
        "print(list(one.map(mine.deep.over).map(lambda v: (v, mine.deep.limit, json.__author__ == 'me')).execute_and_collect()))\n",
    )
    assert (done.stdout, done.stderr) == ("[(False, 10, False)]\n", "")


def test_an_edited_module_is_the_edited_one(programs):
    done = run(
        programs,
        """
print(list(one.map(settings.scale).execute_and_collect()))
text = open("settings.py").read()
open("settings.py", "w").write(text.replace("factor = 1", "factor = 10  # edited"))
print(list(one.map(settings.scale).execute_and_collect()))
""",
    )
    assert (done.stdout, done.stderr) == ("[7]\n[70]\n", "")


MORE = """
import datetime, pathlib
class Settings:
    limit = 1
    tags = []
    class Inner:
        depth = 1
args = None
since = None
root = "."
def show(_):
    return Settings.limit, Settings.tags, vars(args), since, root, globals_of().get("added")
def globals_of():
    import more
    return vars(more)
"""


def test_attributes_of_classes_namespaces_and_new_names_are_carried(programs):
    programs.write("more.py", MORE)
    done = programs.run(
        """
        import argparse, datetime, pathlib
        import more
        from more import Settings
        Settings.limit = 5
        Settings.tags.append("a")
        more.args = argparse.Namespace(folder=pathlib.Path("x"), dry_run=True)
        more.since = datetime.date(2024, 2, 29)
        more.root = pathlib.Path("y")
        more.added = 77
        (seen,) = env.from_collection([0]).map(more.show).execute_and_collect()
        print(seen == more.show(0), seen[0], seen[1], seen[5])
        """
    )
    assert (done.stdout, done.stderr) == ("True 5 ['a'] 77\n", "")
