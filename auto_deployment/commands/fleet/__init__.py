"""`fleet`: the commands about models for many hosts, each in a module of its own."""

# mypy: disable-error-code="no-redef"
# Each branch of `load` imports one module, all under one name.

from types import ModuleType

WORDS = {
    "agent": "bring models to this node, until Ctrl-C or SIGTERM",
    "status": "what the store wants, what this node holds, and what serves",
    "set": "let a channel want another version",
    "follow": "move channels as releases end, until Ctrl-C or SIGTERM",
    "publish": "put a model's folder into the store",
}


def load(word: str) -> ModuleType:
    """Import a word's module: it has `configure(parser)` and `run(args, settings) -> exit status`."""
    match word:
        case "agent":
            from auto_deployment.commands.fleet import agent as command
        case "set":
            from auto_deployment.commands.fleet import move as command
        case "follow":
            from auto_deployment.commands.fleet import follow as command
        case "publish":
            from auto_deployment.commands.fleet import publish as command
        case _:
            from auto_deployment.commands.fleet import status as command
    return command
