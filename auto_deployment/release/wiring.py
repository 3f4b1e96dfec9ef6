"""The objects that the controller is made of, and its report of one look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from auto_deployment.paths import Paths
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.judge.judgement import Judgement
from auto_deployment.release.observe.observer import Observer
from auto_deployment.release.online.keep import OnlineSource
from auto_deployment.release.ports import Edge, Images, Instances
from auto_deployment.release.reconcile import Observed, Step, Traffic
from auto_deployment.release.store import Record, Store


@dataclass(frozen=True, slots=True)
class ControllerParts:
    """Everything outside that the controller reaches."""

    instances: Instances
    images: Images
    edge: Edge
    observer: Observer
    store: Store
    inbox: Inbox
    paths: Paths
    online: OnlineSource


@dataclass(frozen=True, slots=True)
class Report:
    """What one look has found, for metrics, mails and the person who asks."""

    now: datetime
    record: Record | None
    judgement: Judgement | None
    waits: bool  # for approval
    observed: Mapping[str, Observed]
    traffic: Traffic
    step: Step | None
    changed: tuple[Record, ...] = ()  # releases that entered a phase, since the last report
    trouble: str = ""  # why requests wait: a record cannot be written or read
