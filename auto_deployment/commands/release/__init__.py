"""`release`: the commands about releases, each in a module of its own."""

# subcommand -> module with `configure(parser)` and `run(args, settings) -> exit status`
_SAY = "auto_deployment.commands.release.say"
WORDS = {
    "status": (
        "auto_deployment.commands.release.status",
        "where the release stands, why, and what comes next",
    ),
    "deploy": ("auto_deployment.commands.release.deploy", "hand a candidate to the controller"),
    "promote": (_SAY, "promote the candidate now"),
    "abort": (_SAY, "abort the release now"),
    "extend": (_SAY, "give the candidate a longer window"),
    "approve": (_SAY, "with APPROVAL=manual: promote the candidate that kept every check"),
    "reject": (_SAY, "with APPROVAL=manual: abort the candidate that kept every check"),
    "rollback": ("auto_deployment.commands.release.rollback", "put an older release back"),
    "history": ("auto_deployment.commands.release.history", "what was released, how it ended and why"),
    "run": ("auto_deployment.commands.release.run", "run the controller, until Ctrl-C or SIGTERM"),
    "replay": ("auto_deployment.commands.release.replay", "judge a recorded release again"),
    "characteristics": (
        "auto_deployment.commands.release.characteristics",
        "simulate how often the judge is wrong, and how soon it is right",
    ),
}
