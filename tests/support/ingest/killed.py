"""A command that is killed with -9 at one of its calls of the system."""

# For `str.format`: `call` of the module os, `left` calls before it, `first` is done before the command.
KILLED = """
import os, signal, sys
from auto_deployment import cli
{first}
left, really = [{left}], os.{call}
def kill(*names, **options):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return really(*names, **options)
os.{call} = kill
sys.exit(cli.main(sys.argv[1:]))
"""
