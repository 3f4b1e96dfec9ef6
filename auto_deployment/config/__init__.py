"""The environment of `auto_deployment`, read in one place and strictly."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.config.controller import ControllerSettings, controller_settings
from auto_deployment.config.env import SettingsError as SettingsError  # everybody knows it from here
from auto_deployment.config.env import port, secret
from auto_deployment.config.kafka import MECHANISMS, PROTOCOLS, KafkaSettings
from auto_deployment.config.mail import MailSettings, mail_settings
from auto_deployment.config.publish import PublishSettings, publish_settings

_BROKER = r"(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}"
SCHEDULER_METRICS = ("127.0.0.1", 9109)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class LocalAddresses:
    """Where the plain processes of a local run listen; all but the first two are for this host only."""

    host: str = "127.0.0.1"
    port: int = 8082
    status_port: int = 18082
    stable_port: int = 18000
    canary_port: int = 18001


@dataclass(frozen=True, slots=True)
class IngestAddresses:
    """Where `ingest` shows its metrics and health, and whom it asks about movies and users."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9108
    platform_api_url: str | None = None  # nobody is asked


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses, folders and secrets; numbers that someone may argue about live in `params.yaml`."""

    data_dir: Path
    params_file: Path
    rating_scale: tuple[float, float]
    log_level: str
    code_revision: str | None = None
    local: LocalAddresses = LocalAddresses()
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    ingest: IngestAddresses = IngestAddresses()
    publish: PublishSettings = field(default_factory=PublishSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    scheduler_metrics: tuple[str, int] = SCHEDULER_METRICS
    controller: ControllerSettings = field(default_factory=ControllerSettings)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment; raise `SettingsError` naming a variable whose value cannot be used."""
        env = os.environ if environ is None else environ
        level = env.get("LOG_LEVEL", "INFO").upper()
        if level not in LOG_LEVELS:
            raise SettingsError(f"LOG_LEVEL is {level!r}: use one of {', '.join(LOG_LEVELS)}.")
        return cls(
            data_dir=Path(env.get("DATA_DIR") or "data"),
            params_file=Path(env.get("PARAMS_FILE") or "params.yaml"),
            rating_scale=_scale(env.get("RATING_SCALE") or "1-5"),
            log_level=level,
            code_revision=_code_revision(env.get("CODE_REVISION") or None),
            local=_addresses(env),
            kafka=_kafka(env),
            ingest=_ingest(env),
            publish=publish_settings(env),
            mail=mail_settings(env),
            scheduler_metrics=_scheduler(env),
            controller=controller_settings(env),
        )


def _scale(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        scale = (float(low), float(high))
    except ValueError:
        scale = (0.0, 0.0)
    if not scale[0] < scale[1]:
        raise SettingsError(f"RATING_SCALE is {text!r}: use LOW-HIGH, for example 1-5 or 1-10.")
    return scale


def _code_revision(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}", text):
        raise SettingsError(f"CODE_REVISION is {text!r}: use one word of letters, digits and . _ + -")
    return text


def _addresses(env: Mapping[str, str]) -> LocalAddresses:
    usual = LocalAddresses()
    host = env.get("MARQUEE_HOST") or usual.host
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise SettingsError(
            f"MARQUEE_HOST is {host!r}: use an IPv4 address, 127.0.0.1 for this host only or 0.0.0.0 for all."
        ) from None
    names = {
        "MARQUEE_PORT": usual.port,
        "NGINX_STATUS_PORT": usual.status_port,
        "STABLE_PORT": usual.stable_port,
        "CANARY_PORT": usual.canary_port,
    }
    ports = [port(name, env.get(name) or str(default)) for name, default in names.items()]
    if len(set(ports)) < len(ports):
        raise SettingsError(f"{', '.join(names)} must be different ports.")
    return LocalAddresses(host, *ports)


def _kafka(env: Mapping[str, str]) -> KafkaSettings:
    settings = _read_kafka(env)
    if not re.fullmatch(rf"{_BROKER}(,{_BROKER})*", settings.bootstrap):
        raise SettingsError(f"KAFKA_BOOTSTRAP is {settings.bootstrap!r}: use HOST:PORT, joined by commas.")
    for name, file in (
        ("KAFKA_SSL_CAFILE", settings.ssl_cafile),
        ("KAFKA_SSL_CERTFILE", settings.ssl_certfile),
        ("KAFKA_SSL_KEYFILE", settings.ssl_keyfile),
    ):
        if file and not Path(file).is_file():
            raise SettingsError(f"{name} is {file!r}, which is no file.")
    if settings.protocol.startswith("SASL"):
        if settings.sasl_mechanism not in MECHANISMS:
            raise SettingsError(f"KAFKA_SASL_MECHANISM must be one of {', '.join(MECHANISMS)}.")
        if not (settings.sasl_username and settings.sasl_password):
            raise SettingsError("KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are needed with SASL.")
    return settings


def _read_kafka(env: Mapping[str, str]) -> KafkaSettings:
    usual = KafkaSettings()
    topic = env.get("KAFKA_TOPIC") or usual.topic
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,200}", topic) or topic.startswith("."):
        raise SettingsError(f"KAFKA_TOPIC is {topic!r}: use letters, digits, '.', '_' and '-'.")
    protocol = (env.get("KAFKA_SECURITY_PROTOCOL") or usual.protocol).upper()
    if protocol not in PROTOCOLS:
        raise SettingsError(f"KAFKA_SECURITY_PROTOCOL is {protocol!r}: use one of {', '.join(PROTOCOLS)}.")
    return KafkaSettings(
        bootstrap=env.get("KAFKA_BOOTSTRAP") or usual.bootstrap,
        topic=topic,
        group=env.get("KAFKA_GROUP") or usual.group,
        protocol=protocol,
        sasl_mechanism=env.get("KAFKA_SASL_MECHANISM") or None,
        sasl_username=env.get("KAFKA_SASL_USERNAME") or None,
        sasl_password=secret(env, "KAFKA_SASL_PASSWORD"),
        ssl_cafile=env.get("KAFKA_SSL_CAFILE") or None,
        ssl_certfile=env.get("KAFKA_SSL_CERTFILE") or None,
        ssl_keyfile=env.get("KAFKA_SSL_KEYFILE") or None,
        ssl_password=secret(env, "KAFKA_SSL_PASSWORD"),
    )


def _ingest(env: Mapping[str, str]) -> IngestAddresses:
    usual = IngestAddresses()
    url = env.get("PLATFORM_API_URL") or None
    if url and not url.startswith(("http://", "https://")):
        raise SettingsError(
            f"PLATFORM_API_URL is {url!r}: use an address that begins with http:// or https://."
        )
    return IngestAddresses(
        env.get("INGEST_METRICS_HOST") or usual.metrics_host,
        port("INGEST_METRICS_PORT", env.get("INGEST_METRICS_PORT") or str(usual.metrics_port)),
        url,
    )


def _scheduler(env: Mapping[str, str]) -> tuple[str, int]:
    host, number = SCHEDULER_METRICS
    return (
        env.get("SCHEDULER_METRICS_HOST") or host,
        port("SCHEDULER_METRICS_PORT", env.get("SCHEDULER_METRICS_PORT") or str(number)),
    )
