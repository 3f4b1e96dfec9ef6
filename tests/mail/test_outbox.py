"""Mails on the disk: each key once, whole or not at all, and readable without a server."""

import os
import threading
from email import message_from_bytes
from pathlib import Path

import pytest

from auto_deployment.config.mail import SmtpSettings
from auto_deployment.host.files import StagedFile
from auto_deployment.mail import outbox_files
from auto_deployment.mail.outbox import Flushed, OutboxError
from auto_deployment.mail.outbox_files import OutboxFiles
from tests.support.mail.mails import NOW, READER, after, mail, names, outbox
from tests.support.ports import free_ports


@pytest.fixture
def nobody() -> SmtpSettings:
    """A server that is down."""
    return SmtpSettings("127.0.0.1", free_ports(1)[0])


def test_without_a_server_mails_stay_to_be_read_and_that_is_no_failure(tmp_path: Path) -> None:
    box = outbox(tmp_path / "outbox", None)
    assert box.put(mail())
    assert box.flush(after(days=30)) == Flushed()
    (path,) = (tmp_path / "outbox").glob("*.eml")
    assert message_from_bytes(path.read_bytes())["To"] == READER


def test_a_key_is_put_once_ever(tmp_path: Path) -> None:
    box = outbox(tmp_path, None)
    assert [box.put(mail()), box.put(mail(text="again")), box.put(mail("other"))] == [True, False, True]
    assert not outbox(tmp_path, None).put(mail())
    assert len(names(tmp_path)) == 2


def test_mails_written_without_a_server_are_not_sent_when_there_is_one(
    tmp_path: Path, nobody: SmtpSettings
) -> None:
    outbox(tmp_path, None).put(mail())
    box = outbox(tmp_path, nobody)
    assert not box.put(mail())
    assert box.flush(NOW) == Flushed()


def test_a_server_that_is_down_keeps_everything_and_is_asked_ever_less(
    tmp_path: Path, nobody: SmtpSettings
) -> None:
    box = outbox(tmp_path, nobody)
    box.put(mail())
    first = box.flush(after(seconds=1))
    assert (first.sent, first.waiting, first.oldest_age_s) == (0, 1, 1.0)
    assert f"the mail server 127.0.0.1:{nobody.port} cannot be used: [Errno 111]" in first.trouble
    due = [31, 91, 211, 451, 931, 1831, 2731]
    seconds = sorted({*due, *(s - 1 for s in due), *(s + 1 for s in due)})
    assert [s for s in seconds if box.flush(after(seconds=s)).trouble] == due


def test_the_longest_wait_for_a_server_is_a_quarter_of_an_hour_and_a_clock_set_back_waits_no_longer(
    tmp_path: Path, nobody: SmtpSettings
) -> None:
    box = outbox(tmp_path, nobody)
    box.put(mail())
    for day in range(20):
        assert box.flush(after(days=day)).trouble
    assert not box.flush(after(days=19, seconds=899)).trouble
    assert box.flush(after(days=19, seconds=900)).trouble
    assert box.flush(after(days=-10)).trouble
    assert box.flush(after(days=-20)).oldest_age_s == 0


def test_one_process_at_a_time_sends(tmp_path: Path, nobody: SmtpSettings) -> None:
    box = outbox(tmp_path, nobody)
    box.put(mail())
    with OutboxFiles(tmp_path).alone() as ours:
        assert ours
        elsewhere = outbox(tmp_path, nobody).flush(NOW)
    assert (elsewhere.trouble, elsewhere.waiting) == ("", 1)
    assert outbox(tmp_path, nobody).flush(NOW).trouble


def test_the_same_mail_put_by_many_at_once_is_there_once(tmp_path: Path) -> None:
    threads = [threading.Thread(target=outbox(tmp_path, None).put, args=(mail(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.rglob("*"))) == 1


def test_a_folder_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("not a folder")
    box = outbox(tmp_path / "outbox", SmtpSettings("127.0.0.1", 1))
    with pytest.raises(OutboxError, match=r"outbox does not take a mail .* has room"):
        box.put(mail())
    assert box.flush(NOW).trouble


def test_a_mail_that_does_not_fit_on_the_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutboxError, match="No space left"):
        outbox(tmp_path, None).put(mail())
    assert list(tmp_path.rglob("*")) == []


def test_what_a_killed_writer_left_goes_and_what_is_being_written_stays(
    tmp_path: Path, nobody: SmtpSettings
) -> None:
    box = outbox(tmp_path, nobody)
    (tmp_path / "waiting").mkdir()
    leftovers = [tmp_path / "waiting" / ".abc.tmp", tmp_path / ".abc.tmp"]
    for path in leftovers:
        path.write_text("half of a mail")
    (tmp_path / "waiting" / "gone.json").write_text("{}")
    with StagedFile(tmp_path / "waiting" / "new.eml") as staged:
        OutboxFiles(tmp_path).tidy()
        assert not any(path.exists() for path in leftovers)
        staged.publish()
    (tmp_path / "waiting" / "new.eml").unlink()
    assert not (tmp_path / "waiting" / "gone.json").exists()
    assert box.flush(NOW).waiting == 0


def test_who_gets_a_mail_is_read_by_nobody_else(tmp_path: Path) -> None:
    outbox(tmp_path, None).put(mail())
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.eml")} == {0o640}


def test_of_old_sent_mails_only_the_name_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_files, "SENT_IN_FULL", 2)
    box = outbox(tmp_path, SmtpSettings("127.0.0.1", 1))
    for number in range(4):
        box.put(mail(f"mail {number}"))
    files = OutboxFiles(tmp_path)
    for stem in files.waiting():
        files.close_sent(stem)
    files.tidy()
    sizes = [path.stat().st_size for path in (tmp_path / "sent").glob("*.eml")]
    assert sorted(size > 0 for size in sizes) == [False, False, True, True]
    assert not any(box.put(mail(f"mail {number}")) for number in range(4))
