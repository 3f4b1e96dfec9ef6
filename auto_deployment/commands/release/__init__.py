"""`release`: the commands about releases, each in a module of its own."""

# mypy: disable-error-code="no-redef"
# Each branch of `load` imports one module, all under one name.

from types import ModuleType

WORDS = {
    "status": "where the release stands, why, and what comes next",
    "deploy": "hand a candidate to the controller",
    "promote": "promote the candidate now",
    "abort": "abort the release now",
    "extend": "give the candidate a longer window",
    "approve": "with APPROVAL=manual: promote the candidate that kept every check",
    "reject": "with APPROVAL=manual: abort the candidate that kept every check",
    "rollback": "put an older release back",
    "history": "what was released, how it ended and why",
    "run": "run the controller, until Ctrl-C or SIGTERM",
    "replay": "judge a recorded release again",
    "characteristics": "simulate how often the judge is wrong, and how soon it is right",
    "plan": "what to expect under your own traffic, and which settings fit it",
}


def load(word: str) -> ModuleType:
    """Import a word's module: it has `configure(parser)` and `run(args, settings) -> exit status`."""
    match word:
        case "status":
            from auto_deployment.commands.release import status as command
        case "deploy":
            from auto_deployment.commands.release import deploy as command
        case "rollback":
            from auto_deployment.commands.release import rollback as command
        case "history":
            from auto_deployment.commands.release import history as command
        case "run":
            from auto_deployment.commands.release import run as command
        case "replay":
            from auto_deployment.commands.release import replay as command
        case "characteristics":
            from auto_deployment.commands.release import characteristics as command
        case "plan":
            from auto_deployment.commands.release import plan as command
        case _:
            from auto_deployment.commands.release import operator as command
    return command
