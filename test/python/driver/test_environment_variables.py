"""The environment of the program is that of its functions, whenever it changes."""

from __future__ import annotations


def test_functions_have_the_zone_of_the_program(programs):
    done = programs.run(
        """
        import datetime
        hours = env.from_collection([0]).map(lambda t: (os.environ.get("TZ"), datetime.datetime.fromtimestamp(t).hour))
        for zone in ("Asia/Tokyo", "America/New_York", None):
            if zone is None:
                del os.environ["TZ"]
            else:
                os.environ["TZ"] = zone
            time.tzset()
            here = datetime.datetime.fromtimestamp(0).hour
            print(list(hours.execute_and_collect()) == [(zone, here)], here)
        """,
        env={"TZ": "UTC"},
    )
    lines = done.stdout.splitlines()
    assert (lines[:2], done.stderr) == (["True 9", "True 19"], "")
    assert lines[2].startswith("True ")


def test_variables_that_the_program_removes_are_gone(programs):
    done = programs.run(
        """
        found = env.from_collection(["KEPT", "REMOVED", "CHANGED", "ADDED"]).map(lambda name: os.environ.get(name))
        print(list(found.execute_and_collect()))
        del os.environ["REMOVED"]
        os.environ.update(CHANGED="2", ADDED="3")
        print(list(found.execute_and_collect()))
        del os.environ["ADDED"]
        os.environ.update(CHANGED="1", REMOVED="1")
        print(list(found.execute_and_collect()))
        """,
        env={"KEPT": "1", "REMOVED": "1", "CHANGED": "1"},
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "['1', '1', '1', None]",
        "['1', None, '2', '3']",
        "['1', '1', '1', None]",
    ]
