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
    "master": "answer for the whole fleet over HTTP, until Ctrl-C or SIGTERM",
    "nodes": "who is there, what each serves; forget one that is gone",
    "pin": "let a node keep and serve a version, whatever its channel wants",
    "unpin": "let a node follow its channels again",
    "pull": "bring a version to nodes now, or try again what was refused",
    "reload": "link again what nodes serve, and hear that it answers",
    "prune": "remove from nodes what nobody uses",
    "delete": "remove a version that nobody needs from the store",
    "reject": "rule a model out by its content",
    "token": "a token for one node, whose hash the master knows; or revoke it",
    "audit": "who has asked the master for what, and what came of it",
}


BY_THE_MASTER = "nodes", "pin", "unpin", "pull", "reload", "prune", "delete", "reject", "audit"


def load(word: str) -> ModuleType:
    """Import a word's module: it has `configure(parser)` and `run(args, settings) -> exit status`."""
    if word in BY_THE_MASTER:
        return _load_by_the_master(word)
    match word:
        case "master":
            from auto_deployment.commands.fleet import master as command
        case "agent":
            from auto_deployment.commands.fleet import agent as command
        case "set":
            from auto_deployment.commands.fleet import move as command
        case "follow":
            from auto_deployment.commands.fleet import follow as command
        case "token":
            from auto_deployment.commands.fleet import token as command
        case "publish":
            from auto_deployment.commands.fleet import publish as command
        case _:
            from auto_deployment.commands.fleet import status as command
    return command


def _load_by_the_master(word: str) -> ModuleType:
    match word:
        case "pin":
            from auto_deployment.commands.fleet import pin as command
        case "unpin":
            from auto_deployment.commands.fleet import unpin as command
        case "pull":
            from auto_deployment.commands.fleet import pull as command
        case "reload":
            from auto_deployment.commands.fleet import relink as command
        case "prune":
            from auto_deployment.commands.fleet import prune as command
        case "delete":
            from auto_deployment.commands.fleet import delete as command
        case "reject":
            from auto_deployment.commands.fleet import reject as command
        case "audit":
            from auto_deployment.commands.fleet import audit as command
        case _:
            from auto_deployment.commands.fleet import nodes as command
    return command
