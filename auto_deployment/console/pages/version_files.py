"""The pages that were written with a version: the gate's verdict, its lists beside others, its report."""

from auto_deployment.console.markdown import rendered
from auto_deployment.console.models.found import GATE_PAGE, LIST_PAGE, OneVersion
from auto_deployment.console.page import Asked, Console, Facts, MissingError


def gate(console: Console, asked: Asked) -> Facts:
    one = OneVersion(console.paths, asked.words["version"])
    if (text := one.file(GATE_PAGE)) is None:
        raise MissingError(f"There is no verdict of the gate on {one.version.name}: {_why_none(one)}.")
    return {"version": one.version, "text": rendered(text)}


def lists(console: Console, asked: Asked) -> Facts:
    lists_page(console, asked)  # a frame around nothing would say less than the sentence
    return {"version": asked.words["version"], "document": "version_lists_page"}


def report(console: Console, asked: Asked) -> Facts:
    report_page(console, asked)
    return {"version": asked.words["version"], "document": "version_report_page"}


def lists_page(console: Console, asked: Asked) -> str:
    one = OneVersion(console.paths, asked.words["version"])
    if (text := one.file(LIST_PAGE)) is None:
        raise MissingError(f"There are no lists of {one.version.name} beside a champion's: {_why_none(one)}.")
    return text


def report_page(console: Console, asked: Asked) -> str:
    one = OneVersion(console.paths, asked.words["version"])
    if (text := one.report()) is None:
        raise MissingError(
            f"The report of {one.version.name} is not on this host. `dvc pull data/report` in a clone at its "
            "tag brings it, unless retention has removed it."
        )
    return text


def _why_none(one: OneVersion) -> str:
    if not one.has_verdict:
        return "it was trained by hand and never held against the gate; `marquee retrain` does that"
    return "its commit in the cycle's clone holds none, or the clone cannot be read"
