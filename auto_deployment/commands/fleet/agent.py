"""`fleet agent`: bring what the channels want to this node, until Ctrl-C or SIGTERM."""

import argparse
import logging
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.commands.fleet.shared import master_of_node, state_file, store_of, volume_of
from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.fleet.agent import Agent, AgentParts
from auto_deployment.fleet.errors import FleetError, StoppedError
from auto_deployment.fleet.kinds import ALL, MODEL, index_name, index_of
from auto_deployment.fleet.master.link import MasterLink
from auto_deployment.fleet.metrics import AgentMetrics
from auto_deployment.fleet.names import STABLE
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.pull import Puller
from auto_deployment.fleet.service import answers_of
from auto_deployment.fleet.state import AgentState
from auto_deployment.fleet.throttle import Throttle
from auto_deployment.fleet.volume import Volume
from auto_deployment.host.faults import Faults
from auto_deployment.host.locks import describe_owner, held, owner_text
from auto_deployment.host.metrics_server import serving
from auto_deployment.host.signals import Stop, until_stopped
from auto_deployment.params import load_params

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--once", action="store_true", help="look once and end; 1 if anything is not as wanted"
    )
    parser.add_argument(
        "--index", nargs="?", const=ALL, metavar="PARTS",
        help="bring the index that words find movies with: all of it, or parts such as gateway,0,1",
    )  # fmt: skip


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Look every few seconds; return 0 when told to stop."""
    params = load_params(settings.params_file).fleet
    if args.index is not None:
        settings = _for_indexes(settings)
    own, kind = settings.fleet, MODEL if args.index is None else index_of(args.index.split(","))
    root = volume_of(settings)
    with held(root / "agent.lock", owner_text(), _refusal(root)), until_stopped(twice_ends=True) as stop:
        metrics = AgentMetrics(tuple(own.channels), params.stuck_s, own.node, own.model)
        agent, puller = _agent(settings, params, Volume(root, own.model, kind), metrics, stop)
        log.info("Settings: %s; %s", own, params)
        served = serving(
            (own.metrics_host, own.metrics_port), "FLEET_METRICS_PORT", metrics.registry,
            lambda path: metrics.answer(path, time.time()),
        )  # fmt: skip
        with nullcontext() if args.once else served:
            link = _link(settings, agent)
            with nullcontext() if args.once or link is None else link.running(params.poll_s):
                return _look_on(
                    _Looking(agent, puller, metrics, link), stop, None if args.once else params.poll_s
                )


@dataclass(frozen=True, slots=True)
class _Looking:
    """An agent with all that is told of it."""

    agent: Agent
    puller: Puller
    metrics: AgentMetrics
    link: MasterLink | None

    def look(self, *, once: bool) -> AgentState:
        """Look and tell; `once` also asks the master before, and tells it after."""
        link = self.link
        if link is not None and once:
            link.exchange()
        state = self.agent.look(None if link is None else link.orders)
        self.metrics.show(state, self.puller.counted, self.agent.disk())
        if link is not None:
            link.show(state)
            if once:
                link.exchange()
            self.metrics.master(is_up=link.is_up)
        return state


def _look_on(looking: _Looking, stop: Stop, every_s: float | None) -> int:
    faults = Faults("The agent's look")
    while not stop.is_set():
        now = datetime.now(UTC)
        try:
            looking.metrics.alive(now.timestamp())
            state = looking.look(once=every_s is None)
            if found := faults_of(state):
                faults.log(FleetError(found), now)
        except StoppedError:
            return 0
        except (MarqueeError, OSError) as error:  # the latter: no room, or no right to the volume
            if every_s is None:
                raise MarqueeError(str(error)) from error
            faults.log(MarqueeError(str(error)), now)
        else:
            if every_s is None:
                sys.stdout.write(f"{found or 'Everything is as wanted.'}\n")
                return 1 if found else 0
        stop.wait(every_s or 0.0)
    return 0


def faults_of(state: AgentState) -> str:
    """Return what is not as it should be, in one line; empty where all is."""
    found = [
        state.store_fault,
        *(f"{name}: {one.fault}" for name, one in state.channels.items() if one.fault),
    ]
    return " ".join(one for one in found if one)


def _agent(
    settings: Settings, params: FleetParams, volume: Volume, metrics: AgentMetrics, stop: Stop
) -> tuple[Agent, Puller]:
    own, store = settings.fleet, store_of(settings)
    volume.open()

    def alive() -> None:
        metrics.alive(now := time.time())
        metrics.going_on(agent.state, puller.counted, now)
        if stop.is_set():
            raise StoppedError("The agent was told to stop; what was fetched so far is kept.")

    puller = Puller(store, volume, Throttle(params.rate_max_mb_s, sleep=stop.wait), params.min_free_mb, alive)
    services = {name: None if url is None else answers_of(url) for name, url in own.channels.items()}
    parts = AgentParts(own.node, store, volume, puller, services, state_file(volume.root))
    agent = Agent(parts, params, time.time)
    return agent, puller


def _for_indexes(settings: Settings) -> Settings:
    """Return the settings of an agent of indexes: one channel, which no service confirms, and no master."""
    own = settings.fleet
    fleet = replace(own, model=index_name(own.model), channels={STABLE: None})
    return replace(settings, fleet=fleet, master=replace(settings.master, url=None))


def _link(settings: Settings, agent: Agent) -> MasterLink | None:
    client = master_of_node(settings)
    if client is None:
        return None
    link = MasterLink(client, settings.fleet.node, lambda: agent.disk().free_bytes, time.time)
    link.show(replace(agent.state, node=settings.fleet.node, model=settings.fleet.model))
    return link


def _refusal(root: Path) -> Callable[[str], str]:
    def refusal(holder: str) -> str:
        owner = describe_owner(holder, datetime.now(UTC))
        return f"An agent already runs on {root} ({owner}): stop it, or choose another FLEET_DIR."

    return refusal
