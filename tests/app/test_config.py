"""The environment of the service: read strictly, documented completely."""

import re
from pathlib import Path

import pytest

from app.config import VARIABLES, Settings, SettingsError
from tests.support.project import PROJECT


def test_only_the_model_must_be_named() -> None:
    assert Settings.from_env({"MODEL_DIR": "here"}) == Settings(model_dir=Path("here"))


def test_a_folder_of_recent_events_is_nothing_where_none_are_followed() -> None:
    alone = {"MODEL_DIR": "here", "RECENT_DIR": "recent"}
    assert Settings.from_env(alone).recent_dir is None
    assert Settings.from_env({**alone, "RECENT_FILE": "events"}).recent_dir == Path("recent")


def test_a_password_in_a_file_is_read_as_ingest_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(" two words \n")
    settings = Settings.from_env({"MODEL_DIR": "here", "REDIS_PASSWORD_FILE": str(file)})
    assert settings.redis_password == " two words "


@pytest.mark.parametrize("url", ["http://redis", "redis://redis:abc", "rediss://redis:99999", "redis://[::1"])
def test_an_address_of_no_redis_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL is not what it should be: use redis://HOST:PORT"):
        Settings.from_env({"MODEL_DIR": "here", "REDIS_URL": url})


def test_an_empty_value_is_a_missing_one() -> None:
    assert Settings.from_env({"MODEL_DIR": "here", "RELEASE_ID": "", "PORT": ""}).port == 8000


def test_every_value_arrives() -> None:
    settings = Settings.from_env(
        {
            "MODEL_DIR": "here",
            "TRACK": "canary",
            "CODE_REVISION": "abc1234",
            "RELEASE_ID": "r1",
            "MODEL_POLL_S": "0.5",
            "MODEL_WAIT_S": "55",
            "PROMETHEUS_MULTIPROC_DIR": "metrics",
            "LOG_LEVEL": "debug",
            "HOST": "::",
            "PORT": "8001",
            "WORKERS": "3",
            "THREADS": "1",
        }
    )
    assert settings == Settings(
        *(Path("here"), "canary", "abc1234", "r1", 0.5, Path("metrics"), "DEBUG", "::", 8001, 3, 1),
        model_wait_s=55,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODEL_DIR", ""),
        ("TRACK", "Stable"),
        ("TRACK", "blue"),
        ("CODE_REVISION", "abc\r\nX-Evil: 1"),
        ("RELEASE_ID", "two words"),
        ("RELEASE_ID", "x" * 129),
        ("MODEL_POLL_S", "-1"),
        ("MODEL_POLL_S", "nan"),
        ("MODEL_POLL_S", "5s"),
        ("LOG_LEVEL", "LOUD"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "8_000"),
        ("WORKERS", "two"),
        ("WORKERS", "٢"),
        ("THREADS", "1.5"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_name(name: str, value: str) -> None:
    said = f"is {value!r}: use" if value else "is not set:"
    with pytest.raises(SettingsError, match=rf"^{name} {re.escape(said)} .*\.$"):
        Settings.from_env({"MODEL_DIR": "here", name: value})


def test_the_example_file_names_every_variable_with_a_value_that_can_be_used() -> None:
    text = (PROJECT / ".env.example").read_text("utf-8")
    assert set(VARIABLES) - set(re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE)) == set()
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert Settings.from_env(example) == Settings(model_dir=Path("data/models/current"))
