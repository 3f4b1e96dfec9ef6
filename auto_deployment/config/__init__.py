"""The environment of `auto_deployment`, read in one place and strictly."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auto_deployment.config import (
    addresses,
    console,
    controller,
    events,
    fleet,
    impressions,
    kafka,
    mail,
    master,
    publish,
    recent,
    training,
)
from auto_deployment.config.addresses import (
    FeedbackAddresses,
    IngestAddresses,
    LocalAddresses,
    SchedulerAddress,
)
from auto_deployment.config.console import ConsoleSettings
from auto_deployment.config.controller import ControllerSettings
from auto_deployment.config.env import SettingsError as SettingsError  # everybody knows it from here
from auto_deployment.config.env import Variables, matching, one_of, read
from auto_deployment.config.events import EventsSettings
from auto_deployment.config.fleet import FleetSettings
from auto_deployment.config.impressions import ImpressionSettings
from auto_deployment.config.kafka import KafkaSettings
from auto_deployment.config.mail import MailSettings
from auto_deployment.config.master import MasterSettings
from auto_deployment.config.publish import PublishSettings
from auto_deployment.config.recent import RecentSettings
from auto_deployment.config.training import EngineSettings

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses, folders and secrets; numbers that someone may argue about live in `params.yaml`."""

    data_dir: Path = Path("data")
    params_file: Path = Path("params.yaml")
    rating_scale: tuple[float, float] = (1.0, 5.0)
    log_level: str = "INFO"
    code_revision: str | None = None
    local: LocalAddresses = field(default_factory=LocalAddresses)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    ingest: IngestAddresses = field(default_factory=IngestAddresses)
    publish: PublishSettings = field(default_factory=PublishSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    scheduler_metrics: SchedulerAddress = field(default_factory=SchedulerAddress)
    controller: ControllerSettings = field(default_factory=ControllerSettings)
    feedback: FeedbackAddresses = field(default_factory=FeedbackAddresses)
    events: EventsSettings = field(default_factory=EventsSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    impressions: ImpressionSettings = field(default_factory=ImpressionSettings)
    recent: RecentSettings = field(default_factory=RecentSettings)
    fleet: FleetSettings = field(default_factory=FleetSettings)
    master: MasterSettings = field(default_factory=MasterSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment, an empty value like a missing one; raise `SettingsError` naming a bad one."""
        env = os.environ if environ is None else environ
        sections = {name: make(**read(env, variables)) for name, (make, variables) in SECTIONS.items()}
        return cls(**read(env, VARIABLES), **sections)


def _scale(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split("-"))
        if low < high:
            return low, high
    except ValueError:
        pass
    raise ValueError("LOW-HIGH, for example 1-5 or 1-10")


_REVISION = r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}"
VARIABLES: Variables = {
    "DATA_DIR": ("data_dir", Path),
    "PARAMS_FILE": ("params_file", Path),
    "RATING_SCALE": ("rating_scale", _scale),
    "LOG_LEVEL": ("log_level", lambda text: one_of(LOG_LEVELS)(text.upper())),
    "CODE_REVISION": ("code_revision", matching(_REVISION, "one word of letters, digits and . _ + -")),
}
# field of Settings -> what makes and checks it, and its rows of the table
SECTIONS: dict[str, tuple[Callable[..., Any], Variables]] = {
    "local": (addresses.local_addresses, addresses.LOCAL),
    "kafka": (kafka.kafka_settings, kafka.VARIABLES),
    "ingest": (IngestAddresses, addresses.INGEST),
    "publish": (PublishSettings, publish.VARIABLES),
    "mail": (mail.mail_settings, mail.VARIABLES),
    "scheduler_metrics": (SchedulerAddress, addresses.SCHEDULER),
    "controller": (ControllerSettings, controller.VARIABLES),
    "feedback": (addresses.feedback_addresses, addresses.FEEDBACK),
    "events": (EventsSettings, events.VARIABLES),
    "console": (ConsoleSettings, console.VARIABLES),
    "impressions": (ImpressionSettings, impressions.VARIABLES),
    "recent": (RecentSettings, recent.VARIABLES),
    "fleet": (FleetSettings, fleet.VARIABLES),
    "master": (MasterSettings, master.VARIABLES),
    "engine": (training.engine_settings, training.VARIABLES),
}
