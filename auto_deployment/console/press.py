"""What a button does: the same as the command of that name, by the same code and the same inbox."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from auto_deployment.console.access import Guard
from auto_deployment.console.errors import error_page
from auto_deployment.console.page import BadQuestionError, Console
from auto_deployment.errors import MarqueeError
from auto_deployment.release.operator.ask import USUAL_HOURS, Wish
from auto_deployment.release.records import read_serving
from auto_deployment.release.release import Action

ROLLBACK = "rollback"
LONGEST_REASON = 500


class Press:
    """Takes forms of the Release page."""

    def __init__(self, console: Console, guard: Guard) -> None:
        self._console, self._guard = console, guard

    def add_to(self, app: Flask) -> None:
        app.add_url_rule("/release/ask", "ask", self._view, methods=["POST"])
        app.jinja_env.globals["actions"] = [one.value for one in Action]

    def _view(self) -> Response:
        if (refusal := self._guard.may_not_press()) is not None:
            return refusal
        try:
            flash(self._ask(request.form, self._guard.sessions.name or ""))
        except BadQuestionError:
            raise
        except MarqueeError as error:
            return error_page(409, str(error))
        return redirect(url_for("release"), 303)

    def _ask(self, form: Mapping[str, Any], by: str) -> str:
        wanted, seen = form.get("action", ""), form.get("release", "")
        wish = Wish(by, self._console.now(), _reason(form.get("reason", "")), seen)
        if wanted == ROLLBACK:
            return self._roll_back(wish, form.get("version", ""))
        if wanted not in list(Action):
            raise BadQuestionError("That is none of the buttons: open the page again.")
        action = Action(wanted)
        hours = _hours(form.get("hours", "")) if action is Action.EXTEND else 0.0
        return self._console.operator.tell(action, wish, hours)

    def _roll_back(self, wish: Wish, version: str) -> str:
        """Ask for it where what serves is still what the person saw."""
        serving = read_serving(self._console.paths)
        if serving is not None and serving.release != wish.release:
            raise MarqueeError(
                f"{serving.release} serves meanwhile, not {wish.release}. Nothing was asked for."
            )
        return self._console.operator.roll_back(wish, version or None)


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if len(reason) > LONGEST_REASON or not (reason.isprintable()):
        raise BadQuestionError(f"A reason is one line of at most {LONGEST_REASON} characters.")
    return reason


def _hours(text: str) -> float:
    try:
        return float(text) if text else USUAL_HOURS
    except ValueError:
        raise BadQuestionError("Hours are a number, for example 12 or 0.5.") from None
