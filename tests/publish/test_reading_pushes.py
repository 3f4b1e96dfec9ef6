"""What git says after a push, and what it means; the words are those of git 2.39 to 2.47."""

import pytest

from auto_deployment.config.publish import PublishSettings
from auto_deployment.publish.push import Push, read_push

ATOMIC = "!\trefs/tags/model/x:refs/tags/model/x\t[rejected] (atomic push failed)\n"


def line(why: str) -> str:
    return f"To somewhere\n!\tHEAD:refs/heads/main\t{why}\n{ATOMIC}Done\n"


@pytest.mark.parametrize(
    ("out", "err", "meaning"),
    [
        (line("[rejected] (fetch first)"), "", Push.MOVED),
        (line("[rejected] (non-fast-forward)"), "", Push.MOVED),
        (line("[remote rejected] (cannot lock ref 'refs/heads/main': is at 1)"), "", Push.MOVED),
        (line("[remote rejected] (failed to update ref)"), "", Push.MOVED),
        (line("[remote rejected] (pre-receive hook declined)"), "", Push.REFUSED),
        (line("[remote rejected] (protected branch hook declined)"), "", Push.REFUSED),
        (f"{line('[rejected] (fetch first)')}!\tx:x\t[rejected] (already exists)\n", "", Push.REFUSED),
        ("", "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'x'", Push.REFUSED),
        ("", "fatal: could not read Username for 'https://h': terminal prompts disabled", Push.REFUSED),
        ("", "fatal: unable to access 'https://h/': The requested URL returned error: 403", Push.REFUSED),
        ("", "git@h: Permission denied (publickey).", Push.REFUSED),
        ("", "Host key verification failed.", Push.REFUSED),
        ("", "fatal: the receiving end does not support push options", Push.REFUSED),
        ("", "fatal: unable to access 'https://h/': Could not resolve host: h", Push.UNREACHABLE),
        ("", "fatal: unable to access 'https://h:4013/403/': Failed to connect to h", Push.UNREACHABLE),
        ("", "fatal: '/backup/20260301T1401/x.git' does not appear to be a git repository", Push.UNREACHABLE),
        ("", "fatal: unable to access 'https://h/': The requested URL returned error: 502", Push.UNREACHABLE),
        ("", "ssh: connect to host h port 22: Connection refused", Push.UNREACHABLE),
    ],
)  # fmt: skip
def test_a_refused_push_is_told_from_a_moved_remote_and_from_none(out: str, err: str, meaning: Push) -> None:
    assert read_push(128, out, err) is meaning


def test_a_push_that_worked_is_done() -> None:
    assert read_push(0, "To x\n*\tHEAD:refs/heads/main\t[new branch]\nDone\n", "") is Push.DONE


def test_settings_are_shown_without_what_nobody_may_see() -> None:
    settings = PublishSettings(
        git_remote="https://oauth2:s3cr%21t@host/x.git", git_token="t0ken", dvc_remote="s3://bucket/t0ken"
    )
    assert settings.shown() == "git https://oauth2:***@host/x.git main, DVC s3://bucket/***, push"
    assert set(settings.secrets()) == {"t0ken", "s3cr%21t", "s3cr!t"}
