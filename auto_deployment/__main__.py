"""Run `python -m auto_deployment` as the command `marquee`."""

import sys

from auto_deployment.host.forks import run_there

# Before anything else is imported: that is what is spared.
status = run_there(sys.argv[1:]) if sys.argv[1:2] == ["stage"] else None
if status is None:
    from auto_deployment.cli import main, niceness
    from auto_deployment.host.priority import lower

    lower(niceness(sys.argv[1:]))
    status = main()
raise SystemExit(status)
