"""Where a local run listens."""

import re

import pytest

from auto_deployment.config import Settings, SettingsError
from auto_deployment.config.addresses import LocalAddresses


def test_by_default_only_this_host_reaches_the_service_on_port_8082() -> None:
    assert Settings.from_env({}).local == LocalAddresses("127.0.0.1", 8082, 18082, 18000, 18001)


def test_addresses_come_from_the_environment() -> None:
    environ = {"MARQUEE_HOST": "0.0.0.0", "MARQUEE_PORT": "80", "STABLE_PORT": "81", "CANARY_PORT": "82"}
    assert Settings.from_env(environ).local == LocalAddresses("0.0.0.0", 80, 18082, 81, 82)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARQUEE_HOST", "localhost"),
        ("MARQUEE_HOST", "::1"),
        ("MARQUEE_PORT", "0"),
        ("MARQUEE_PORT", "65536"),
        ("STABLE_PORT", "8e3"),
        ("CANARY_PORT", "18000"),
        ("NGINX_STATUS_PORT", "8082"),
        ("CODE_REVISION", "a b"),
        ("CODE_REVISION", "../a"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


@pytest.mark.parametrize("name", ["REDIS_URL", "PROMETHEUS_URL", "FEEDBACK_URL"])
def test_a_complaint_about_an_address_does_not_tell_its_password(name: str) -> None:
    with pytest.raises(SettingsError, match=name) as raised:
        Settings.from_env({name: "gopher://ann:pass//word@host/5"})
    assert not {"ann", "pass", "word"} & set(re.findall(r"[a-z]+", str(raised.value)))
