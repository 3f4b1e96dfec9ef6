"""The variables of the broker, named as kafka-python names its options."""

from dataclasses import dataclass
from typing import Any

from auto_deployment.config.env import SettingsError, Variables, existing_file, matching, one_of, secret

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


@dataclass(frozen=True, slots=True)
class KafkaTimeouts:
    """How long we wait for the broker, in seconds."""

    answer_s: float = 10.0  # for an answer, and for the first connection
    reconnect_max_s: float = 2.0  # between two attempts to connect, which begin at once and get rarer
    look_s: float = 10.0  # while no line comes, between two looks whether the topic is still the same


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """One topic of one broker, and who we are to it."""

    bootstrap: str = "localhost:9092"
    topic: str = "movielog"
    group: str = "marquee-ingest"
    protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = None
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_password: str | None = None
    timeouts: KafkaTimeouts = KafkaTimeouts()

    def client_options(self) -> dict[str, Any]:
        """Return the keyword arguments of the client library that reach this broker."""
        options = {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": self.sasl_password,
            "ssl_cafile": self.ssl_cafile,
            "ssl_certfile": self.ssl_certfile,
            "ssl_keyfile": self.ssl_keyfile,
            "ssl_password": self.ssl_password,
        }
        return {name: value for name, value in options.items() if value is not None}

    def __repr__(self) -> str:
        """Name what may be logged."""
        return (
            f"KafkaSettings(bootstrap={self.bootstrap!r}, topic={self.topic!r}, protocol={self.protocol!r})"
        )


def kafka_settings(**fields: Any) -> KafkaSettings:
    """Check that a login is whole."""
    settings = KafkaSettings(**fields)
    if settings.protocol.startswith("SASL"):
        if settings.sasl_mechanism not in MECHANISMS:
            raise SettingsError(f"KAFKA_SASL_MECHANISM must be one of {', '.join(MECHANISMS)}.")
        if not (settings.sasl_username and settings.sasl_password):
            raise SettingsError("KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are needed with SASL.")
    return settings


_BROKER = r"(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}"
VARIABLES: Variables = {
    "KAFKA_BOOTSTRAP": ("bootstrap", matching(rf"{_BROKER}(,{_BROKER})*", "HOST:PORT, joined by commas")),
    "KAFKA_TOPIC": ("topic", matching(r"(?!\.)[A-Za-z0-9._-]{1,200}", "letters, digits, '.', '_' and '-'")),
    "KAFKA_GROUP": ("group", str),
    "KAFKA_SECURITY_PROTOCOL": ("protocol", lambda text: one_of(PROTOCOLS)(text.upper())),
    "KAFKA_SASL_MECHANISM": ("sasl_mechanism", str),
    "KAFKA_SASL_USERNAME": ("sasl_username", str),
    **secret("KAFKA_SASL_PASSWORD", "sasl_password"),
    "KAFKA_SSL_CAFILE": ("ssl_cafile", existing_file),
    "KAFKA_SSL_CERTFILE": ("ssl_certfile", existing_file),
    "KAFKA_SSL_KEYFILE": ("ssl_keyfile", existing_file),
    **secret("KAFKA_SSL_PASSWORD", "ssl_password"),
}
