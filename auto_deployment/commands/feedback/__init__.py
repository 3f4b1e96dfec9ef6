"""`feedback`: the commands about what was shown and what came of it, each in a module of its own."""

# mypy: disable-error-code="no-redef"
# Each branch of `load` imports one module, all under one name.

from types import ModuleType

WORDS = {
    "collect": "follow NGINX's edge log, until Ctrl-C or SIGTERM",
    "join": "keep the tables of what was shown and what came of it, until Ctrl-C or SIGTERM",
    "report": "whether recommendations were watched, by release, track, source, gender and age",
    "query": "answer a question in SQL about these tables",
}


def load(word: str) -> ModuleType:
    """Import a word's module: it has `configure(parser)` and `run(args, settings) -> exit status`."""
    match word:
        case "collect":
            from auto_deployment.commands.feedback import collect as command
        case "join":
            from auto_deployment.commands.feedback import join as command
        case "report":
            from auto_deployment.commands.feedback import report as command
        case _:
            from auto_deployment.commands.feedback import query as command
    return command
