"""The variables of the broker, named as kafka-python names its options."""

from dataclasses import dataclass
from typing import Any

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


@dataclass(frozen=True, slots=True)
class KafkaPatience:
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
    patience: KafkaPatience = KafkaPatience()

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
