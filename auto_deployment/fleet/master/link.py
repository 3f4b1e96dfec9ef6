"""An agent's tie to the master: a thread of its own, so that one that is away or slow delays no look."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from auto_deployment.fleet.errors import MasterError
from auto_deployment.fleet.master.client import MasterClient
from auto_deployment.fleet.master.report import report_of
from auto_deployment.fleet.orders import Order
from auto_deployment.fleet.state import AgentState
from auto_deployment.host.faults import Faults

log = logging.getLogger(__name__)


class MasterLink:
    """Tells the master what was shown last; `orders` is what it asked for then, None before its answer."""

    def __init__(
        self, client: MasterClient, node: str, free_bytes: Callable[[], int], clock: Callable[[], float]
    ) -> None:
        self._client, self._node, self._free_bytes, self._clock = client, node, free_bytes, clock
        self._state = AgentState()
        self._news, self._ends = threading.Event(), threading.Event()
        self._faults = Faults("Telling the master")
        self.orders: Sequence[Order] | None = None
        self.is_up = False

    def show(self, state: AgentState) -> None:
        """Have a state told soon."""
        self._state = state
        self._news.set()

    def exchange(self) -> None:
        """Tell it now; a master that is away is logged, and nothing else."""
        self._news.clear()
        now = self._clock()
        try:
            report = report_of(self._state, self._free_bytes(), now)
            self.orders = self._client.report(self._node, report)
        except (MasterError, OSError) as error:  # the latter: the volume is away
            if self.is_up:
                log.warning("The master does not answer: this node goes on with what it knows")
            self.is_up = False
            self._faults.log(MasterError(str(error)), datetime.fromtimestamp(now, UTC))
        else:
            if not self.is_up:
                log.info("The master knows this node as %s", self._node)
            self.is_up = True

    @contextmanager
    def running(self, every_s: float) -> Iterator[None]:
        """Tell it every few seconds, and when there is news, from a thread."""
        thread = threading.Thread(target=self._run, args=(every_s,), name="master", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ends.set()
            self._news.set()
            thread.join(timeout=1.0)  # one that hangs is not waited for

    def _run(self, every_s: float) -> None:
        while not self._ends.is_set():
            self.exchange()
            self._news.wait(every_s)
