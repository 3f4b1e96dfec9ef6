"""Run `python -m auto_deployment` as the command `marquee`."""

import sys

from auto_deployment.cli import main, niceness
from auto_deployment.host.priority import lower

lower(niceness(sys.argv[1:]))
raise SystemExit(main())
