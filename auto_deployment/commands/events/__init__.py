"""`events`: what single users did, looked at and corrected, each command in a module of its own."""

# mypy: disable-error-code="no-redef"
# Each branch of `load` imports one module, all under one name.

from types import ModuleType

WORDS = {
    "list": "show a user's ratings and watches, corrections applied",
    "add": "add a rating or a watch that nobody has told",
    "correct": "let a rating or a watch say something else",
    "remove": "let a rating or a watch count no more",
    "report": "write everything that is held about a user, as JSON",
    "serve": "do all of this over HTTP, for who has a token",
}


def load(word: str) -> ModuleType:
    """Import a word's module: it has `configure(parser)` and `run(args, settings) -> exit status`."""
    match word:
        case "list":
            from auto_deployment.commands.events import list_events as command
        case "add":
            from auto_deployment.commands.events import add as command
        case "correct":
            from auto_deployment.commands.events import correct as command
        case "remove":
            from auto_deployment.commands.events import remove as command
        case "serve":
            from auto_deployment.commands.events import serve as command
        case _:
            from auto_deployment.commands.events import report as command
    return command
