"""Somebody who has the console's page of the newest release open, and never loads it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.browser.visitor import Visitor
from tests.support.http import get
from tests.support.local_run import LocalRun
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Chromium's words where nobody listens: the run of a test may be away for a while.
AWAY = "net::ERR_"

# Notes each phase that the line of phases comes to, in a page whose own script changes it.
NOTE_PHASES = """() => {
    window.phases = [];
    const note = () => {
        const at = document.querySelector('.phases [aria-current="step"] strong')
            ?? document.querySelector('.phases li:last-child.done strong');
        const release = document.querySelector('#state h1').textContent.replace('Release ', '');
        const found = `${release} ${at?.textContent}`;
        if (at && window.phases.at(-1) !== found) window.phases.push(found);
    };
    note();
    new MutationObserver(note).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


class Watcher:
    """Reads what the page of the newest release came to show by itself."""

    def __init__(self, page: "Page") -> None:
        self.page = page

    def sign_in(self, name: str, token: str) -> None:
        """Sign in and come to the page of the newest release."""
        self.page.goto("/sign-in?next=/release")
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_label("Token").fill(token)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/release")
        self.begin()

    def begin(self) -> None:
        """Note phases from now on; a page that is loaded again has forgotten them."""
        self.page.evaluate(NOTE_PHASES)

    def phases(self, release: str) -> list[str]:
        """Return the phases of a release that were seen so far, in order."""
        seen: list[str] = self.page.evaluate("window.phases")
        return [one.rpartition(" ")[2] for one in seen if one.rpartition(" ")[0] == release]

    def wait_for(self, release: str, *phases: str) -> list[str]:
        """Wait until one of these phases is seen; return all that were."""
        eventually(
            lambda: {*phases} & {*self.phases(release)}, saying=lambda: self.page.evaluate("window.phases")
        )
        return self.phases(release)

    def journal(self) -> str:
        """Return what the page has of what happened, as it is now."""
        return " ".join(self.page.locator("#journal").inner_text().split())

    def abort(self, reason: str) -> None:
        """Press abort, with a reason."""
        self.page.get_by_text("Abort …").click()
        self.page.locator("#reason-abort").fill(reason)
        self.page.get_by_role("button", name="Abort ").click()
        self.page.get_by_text("abort of").wait_for()
        self.begin()

    def mail_state(self, *words: str) -> str:
        """Open the list of mails; return the state of the newest one with these words in its subject."""
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Mails").click()
        row = self._mail(*words)
        return row.get_by_role("cell").nth(1).inner_text() if row.count() else ""

    def read_mail(self, *words: str) -> str:
        """Open such a mail from the list; return its text."""
        self._mail(*words).get_by_role("link").click()
        self.page.get_by_title("The mail as it looks").wait_for()
        return self.page.locator("pre.raw").text_content() or ""

    def _mail(self, *words: str) -> "Locator":
        row = self.page.get_by_role("row")
        for one in words:
            row = row.filter(has_text=one)
        return row.first


@contextmanager
def watching(browser: "Browser", run: LocalRun) -> Iterator[Watcher]:
    """Sign in as Ann and have the page of the newest release open; at the end nothing went wrong on pages."""
    port = int(run.environ["CONSOLE_PORT"])
    eventually(lambda: get(port, "/health/live").status == 200, saying=run.text)
    visitor = Visitor(browser, f"http://127.0.0.1:{port}")
    try:
        watcher = Watcher(visitor.page())
        watcher.sign_in("Ann", run.layout.console_token.read_text("utf-8").strip())
        yield watcher
    finally:
        visitor.close()
    assert [one for one in visitor.faults if AWAY not in one] == []
