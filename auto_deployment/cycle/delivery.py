"""The newest published model, brought into the model store once, where one is set."""

import logging
from collections.abc import Callable
from datetime import datetime

from auto_deployment.config.publish import PublishSettings
from auto_deployment.cycle.context import Cycle
from auto_deployment.errors import MarqueeError
from auto_deployment.fleet.names import CANARY, STABLE
from auto_deployment.fleet.store import ModelStore
from auto_deployment.host.files import replace_text
from auto_deployment.paths import CycleLayout
from auto_deployment.publish.fetching import fetched_model, newest
from auto_deployment.publish.tag_message import content_hash
from auto_deployment.release.records import read_rejected

log = logging.getLogger(__name__)


def delivered(layout: CycleLayout) -> str:
    """Return the version that was brought into the store last, empty before the first."""
    try:
        return layout.delivered.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def deliver(
    cycle: Cycle, settings: PublishSettings, open_store: Callable[[], ModelStore], now: datetime
) -> str | None:
    """Store the newest published model and let `canary` want it, `stable` too where nothing is wanted yet.

    Its index comes before it, and is wanted by `stable` at once: no release judges an index.
    Returns its version, None where that was done before: a channel that was moved back stays so. It is taken
    from what is published, not from what a cycle has at hand: so whoever comes after a kill can do it.
    """
    rejected = {one.content_hash for one in read_rejected(cycle.paths) if one.content_hash}
    messages = cycle.publishing.repository.messages() if cycle.layout.clone.exists() else {}
    version = newest({name: content_hash(message) for name, message in messages.items()}, rejected)
    if version is None or version == delivered(cycle.layout):
        return None
    store = open_store()
    if not store.has(version):
        with fetched_model(cycle.layout, settings, version, rejected, with_index=True) as fetched:
            if fetched.index is not None:
                indexes = store.of_indexes()
                indexes.move({STABLE: indexes.publish(fetched.index)}, now)
            store.publish(fetched.folder)
    seen = store.channels()
    store.move({CANARY: version} | ({} if STABLE in seen.channels.wanted else {STABLE: version}), now, seen)
    replace_text(cycle.layout.delivered, f"{version}\n")
    log.info("%s is in the model store", version)
    return version


def try_to_deliver(
    cycle: Cycle, settings: PublishSettings, open_store: Callable[[], ModelStore], now: datetime
) -> None:
    """Deliver; what fails is published all the same, and owed."""
    try:
        deliver(cycle, settings, open_store, now)
    except (MarqueeError, OSError) as error:
        log.error("The newest model is not in the model store yet: %s", error)
