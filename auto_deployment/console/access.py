"""Who may read and who may press, and the page on which people sign in."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from auto_deployment.console.errors import error_page
from auto_deployment.console.responses import HTML
from auto_deployment.console.sessions import Sessions, name_in
from auto_deployment.web.access import Access, Refused, bearer

OPEN_TO_ALL = ("live", "static", "sign_in")
NO_TOKEN = "Nobody can press anything here: the console was started without CONSOLE_TOKEN_FILE."
WRONG_TOKEN = "That is not the token: it is in the file that CONSOLE_TOKEN_FILE names."
NO_NAME = "Type your name, up to 60 letters: it stands in the record of what you press."
RAN_OUT = "Your session ran out: sign in again, then press once more. Nothing was asked for."
SIGN_IN_FIRST = "Sign in first. Nothing was asked for."
OTHER_FORM = (
    "This form is of another session: open the page again and press once more. Nothing was asked for."
)


@dataclass(frozen=True, slots=True)
class Door:
    """The rules of who may do what."""

    token: str | None
    reading_needs_token: bool = False
    clock: Callable[[], float] = time.monotonic  # seconds, for how long wrong tokens have to wait


class Guard:
    """Keeps a door; one process answers all requests, so that wrong tokens are counted once."""

    def __init__(self, door: Door, sessions: Sessions) -> None:
        self._door, self.sessions = door, sessions
        self._access = Access(door.token, door.clock, WRONG_TOKEN) if door.token else None

    def add_to(self, app: Flask) -> None:
        """Ask before every request, and have the pages of signing in and out."""
        app.before_request(self._may_read)
        app.add_url_rule("/sign-in", "sign_in", self._sign_in, methods=["GET", "POST"])
        app.add_url_rule("/sign-out", "sign_out", self._sign_out, methods=["POST"])
        app.jinja_env.globals.update(person=lambda: self.sessions.name, form_key=self._form_key)
        app.jinja_env.globals.update(pressing=self._access is not None, no_token=NO_TOKEN)

    def may_not_press(self) -> AnyResponse | None:
        """Return the answer to who may not press, None for who may; `name` is then the person's."""
        if self._access is None:
            return error_page(403, NO_TOKEN)
        if self.sessions.name is None:
            return self._sign_in_page(RAN_OUT if self.sessions.ran_out else SIGN_IN_FIRST, 401)
        if not self.sessions.is_own_form(request.form.get("form_key", "")):
            return error_page(400, OTHER_FORM)
        return None

    def _form_key(self) -> str:
        return self.sessions.form_key

    def _may_read(self) -> AnyResponse | None:
        if not self._door.reading_needs_token or request.endpoint in OPEN_TO_ALL:
            return None
        if self.sessions.name is not None:
            return None
        given = bearer(request.headers.get("Authorization"))
        if given is None and request.method == "GET":
            return redirect(url_for("sign_in", next=request.full_path.rstrip("?")), 303)
        assert self._access is not None  # reading needs a token: the command has seen to it that there is one
        refused = self._access.refusal(request.remote_addr or "", given)
        return None if refused is None else _refusal_page(refused)

    def _sign_in(self) -> AnyResponse:
        if self._access is None:
            return error_page(403, NO_TOKEN)
        if request.method == "GET":
            return self._sign_in_page(RAN_OUT if self.sessions.ran_out else "", 200)
        refused = self._access.refusal(request.remote_addr or "", request.form.get("token", ""))
        if refused is not None:
            page = self._sign_in_page(refused.detail, refused.status)
            if refused.wait_s is not None:
                page.headers["Retry-After"] = str(refused.wait_s)
            return page
        if (name := name_in(request.form.get("name", ""))) is None:
            return self._sign_in_page(NO_NAME, 400)
        self.sessions.open(name)
        flash(f"Signed in as {name}.")
        return redirect(own_address(request.form.get("next", "")), 303)

    def _sign_in_page(self, said: str, status: int) -> Response:
        after = own_address(request.values.get("next", ""))
        text = render_template("sign_in.html", said=said, after=after, name=request.form.get("name", ""))
        return Response(text, status, content_type=HTML)

    def _sign_out(self) -> AnyResponse:
        if self.sessions.is_own_form(request.form.get("form_key", "")):
            self.sessions.close()
        return redirect("/", 303)


def own_address(text: str) -> str:
    """Return an address of the console, the first page for what leads elsewhere."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_own else "/"


def _refusal_page(refused: Refused) -> Response:
    page = error_page(refused.status, refused.detail)
    page.headers.update(refused.headers)
    return page
