"""The broker's address and who we are to it, read strictly."""

from pathlib import Path

import pytest

from auto_deployment.config import Settings, SettingsError

SASL = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "PLAIN",
    "KAFKA_SASL_USERNAME": "me",
    "KAFKA_SASL_PASSWORD": "secret",
}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"KAFKA_BOOTSTRAP": "host:abc"}, "KAFKA_BOOTSTRAP"),
        ({"KAFKA_BOOTSTRAP": "host"}, "KAFKA_BOOTSTRAP"),
        ({"KAFKA_BOOTSTRAP": "a:1, b:2"}, "KAFKA_BOOTSTRAP"),
        ({"KAFKA_TOPIC": "movie log"}, "KAFKA_TOPIC"),
        ({"KAFKA_TOPIC": "../x"}, "KAFKA_TOPIC"),
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL"),
        ({"KAFKA_SSL_CAFILE": "/nowhere"}, "KAFKA_SSL_CAFILE"),
        (SASL | {"KAFKA_SASL_MECHANISM": "GUESS"}, "KAFKA_SASL_MECHANISM"),
        (SASL | {"KAFKA_SASL_PASSWORD": ""}, "KAFKA_SASL_PASSWORD"),
        (SASL | {"KAFKA_SASL_PASSWORD_FILE": "/nowhere"}, "KAFKA_SASL_PASSWORD_FILE"),
        ({"INGEST_METRICS_PORT": "0"}, "INGEST_METRICS_PORT"),
        ({"PLATFORM_API_URL": "movies.example.org"}, "PLATFORM_API_URL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_env(environ)


def test_a_secret_may_come_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from the file\n", "utf-8")
    environ = SASL | {"KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "password")}
    kafka = Settings.from_env(environ).kafka
    assert kafka.client_options()["sasl_plain_password"] == "from the file"
    assert "from the file" not in repr(kafka)


def test_several_brokers_are_handed_on_and_what_is_not_set_is_left_out() -> None:
    options = Settings.from_env({"KAFKA_BOOTSTRAP": "a.example.org:9092,[::1]:9093"}).kafka.client_options()
    assert options == {
        "bootstrap_servers": ["a.example.org:9092", "[::1]:9093"],
        "security_protocol": "PLAINTEXT",
    }
