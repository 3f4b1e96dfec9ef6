"""`search`: the commands about finding movies by words, each in a module of its own."""

# mypy: disable-error-code="no-redef"
# Each branch of `load` imports one module, all under one name.

from types import ModuleType

WORDS = {
    "bake": "put the published index, or one of the demo's catalogue, into a folder for an image",
    "build": "make an index of the catalogue and let it be the current one",
    "personal": "measure what the order for a user is worth, and choose its weights",
    "try": "search for some words in the current index",
    "quality": "measure how well the current index answers questions made by a rule",
}


def load(word: str) -> ModuleType:
    """Import a word's module: it has `configure(parser)` and `run(args, settings) -> exit status`."""
    match word:
        case "bake":
            from auto_deployment.commands.search import bake as command
        case "build":
            from auto_deployment.commands.search import build as command
        case "quality":
            from auto_deployment.commands.search import quality as command
        case "personal":
            from auto_deployment.commands.search import personal as command
        case _:
            from auto_deployment.commands.search import find as command
    return command
