"""What is done for users when an abort cannot even be recorded."""

import logging

from auto_deployment.errors import MarqueeError
from auto_deployment.release.instances import Instances
from auto_deployment.release.release import Build
from auto_deployment.release.traffic import Edge
from auto_deployment.release.world import CANARY_NAME, Traffic

log = logging.getLogger(__name__)


def spare_users(edge: Edge, instances: Instances, stable: Build) -> None:
    """Take the canary out of traffic, or remove it where NGINX cannot be told; the release stands as it did.

    Who says abort means now. With a full disk the record has to wait, the users have not.
    """
    traffic = edge.read()
    if CANARY_NAME not in traffic.names or traffic.names == {CANARY_NAME}:
        return
    log.error("The abort cannot be recorded: the canary is taken out of traffic all the same")
    try:
        edge.write(Traffic(traffic.names - {CANARY_NAME}, traffic.salt))
    except (OSError, MarqueeError) as error:
        log.error("NGINX cannot be told (%s): the canary is removed at once", error)
        instances.remove(CANARY_NAME, stable.release)
