"""*Mails*: each as it looked and what became of it; what a mail holds can neither run nor load."""

import base64

import pytest

from tests.console.conftest import Site
from tests.support.console import HOSTILE, put_mail
from tests.support.mail.mails import PNG, READER, mail, outbox

TRIED: dict[str, object] = {
    "attempts": 3,
    "next_try": None,
    "delivered": [],
    "on_the_way": False,
    "said": "451 try later",
    "refused": {},
}


def test_without_a_mail_the_page_says_when_one_comes(site: Site) -> None:
    assert "No mail yet" in site.person().opens("/mails")


def test_mails_of_both_outboxes_are_listed_with_what_became_of_them(site: Site) -> None:
    outbox(site.paths.outbox, None).put(mail("one", subject="Of a cycle"))
    put_mail(site.paths, "waiting", "two", subject="It waits")
    put_mail(site.paths, "sent", "three", subject="It went")
    put_mail(site.paths, "refused", "four", subject="Nobody takes it")
    text = site.person().opens("/mails")
    kept = "kept here until there is a mail server"
    for said in ("Of a cycle", kept, "It waits", "sent", "Nobody takes it"):
        assert said in text
    refused = site.person().opens("/mails?state=refused")
    assert "Nobody takes it" in refused
    assert "It waits" not in refused
    assert site.person().client.get("/mails?state=lost").status_code == 400


def test_a_mail_looks_as_it_did_with_its_pictures_in_it(site: Site) -> None:
    address = put_mail(site.paths, "sent", "one")
    text = site.person().opens(address)
    assert f'sandbox="" title="The mail as it looks" src="{address}/page.html"' in text
    assert "It is published." in text
    page = site.person().client.get(f"{address}/page.html")
    assert f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "img-src data:" in policy
    assert "http" not in policy


def test_what_the_server_said_is_there_for_a_mail_that_waits_or_was_refused(site: Site) -> None:
    waiting = site.person().opens(put_mail(site.paths, "waiting", "one", TRIED))
    assert "451 try later" in waiting
    refused = TRIED | {"refused": {READER: f"550 {HOSTILE}"}, "said": ""}
    text = site.person().opens(put_mail(site.paths, "refused", "two", refused))
    assert f"Refused for {READER}" in text
    assert "550 &lt;script&gt;" in text


@pytest.mark.parametrize("record", [3, {"attempts": 1}, TRIED | {"refused": 3}])
def test_a_damaged_record_leaves_the_mail(site: Site, record: object) -> None:
    text = site.person().opens(put_mail(site.paths, "waiting", "one", record))
    assert 'role="alert"' in text
    assert "It is published." in text


def test_a_mail_of_which_the_name_is_left_and_a_damaged_one_are_said_to_be_so(site: Site) -> None:
    emptied, damaged = put_mail(site.paths, "sent", "old"), put_mail(site.paths, "sent", "damaged")
    folder = site.paths.release_outbox / "sent"
    (folder / f"{emptied.rpartition('/')[2]}.eml").write_bytes(b"")
    (folder / f"{damaged.rpartition('/')[2]}.eml").write_bytes(b"\xff\x00 Content-Type: text/x-nothing\n\n")
    put_mail(site.paths, "sent", "well", subject="This one is well")
    text = site.person().opens("/mails")
    assert "only its name is kept" in text
    assert "This one is well" in text
    assert "only its name is kept" in site.person().opens(emptied)
    assert "is damaged" in site.person().opens(damaged)
    assert site.person().client.get(f"{damaged}/page.html").status_code == 404


def test_of_a_mail_that_was_cut_what_is_left_is_shown_and_that_is_said(site: Site) -> None:
    address = put_mail(site.paths, "sent", "one")
    path = site.paths.release_outbox / "sent" / f"{address.rpartition('/')[2]}.eml"
    assert "is damaged" not in site.person().opens(address)
    path.write_bytes(path.read_bytes()[:-200])
    text = site.person().opens(address)
    assert "is damaged: here is what is left" in text
    assert "It is published." in text


def test_a_hostile_subject_and_text_are_shown_as_text(site: Site) -> None:
    address = put_mail(site.paths, "sent", "one", subject=HOSTILE, text=HOSTILE, html=HOSTILE)
    for page in ("/mails", address):
        text = site.person().opens(page)
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "address",
    ["/mails/releases/none", "/mails/other/one", "/mails/releases/..", "/mails/releases/%2e%2e%2fx"],
)
def test_what_is_no_mail_is_not_there(site: Site, address: str) -> None:
    put_mail(site.paths, "sent", "one")
    assert site.person().client.get(address).status_code == 404
