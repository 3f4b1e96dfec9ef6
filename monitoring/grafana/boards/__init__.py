"""Every dashboard, in the order in which they are read when something is wrong."""

from monitoring.grafana.boards.callers import CALLERS
from monitoring.grafana.boards.feedback import FEEDBACK
from monitoring.grafana.boards.fleet import FLEET
from monitoring.grafana.boards.host import HOST
from monitoring.grafana.boards.ingest import INGEST
from monitoring.grafana.boards.models import MODELS
from monitoring.grafana.boards.recent import RECENT
from monitoring.grafana.boards.releases import RELEASES
from monitoring.grafana.boards.search import SEARCH
from monitoring.grafana.boards.service import SERVICE

BOARDS = (SERVICE, RELEASES, FEEDBACK, INGEST, RECENT, MODELS, SEARCH, FLEET, CALLERS, HOST)
