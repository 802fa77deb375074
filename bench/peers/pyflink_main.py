"""Runs a PyFlink program in an execution mode: ``python pyflink_main.py process|thread PROGRAM [args…]``."""

import os
import runpy
import sys

# Workers, in threads of the JVM too, find the modules beside the program; it must be known before the JVM starts.
os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(sys.argv[2]))

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment

mode, program, *rest = sys.argv[1:]
original = StreamExecutionEnvironment.get_execution_environment


def get_execution_environment(configuration=None):
    configuration = configuration or Configuration()
    configuration.set_string("python.execution-mode", mode)
    return original(configuration)


StreamExecutionEnvironment.get_execution_environment = staticmethod(get_execution_environment)
sys.argv = [program, *rest]
runpy.run_path(program, run_name="__main__")
