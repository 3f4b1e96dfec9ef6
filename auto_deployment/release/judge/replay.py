"""A recorded release, judged again, under other limits if so wished."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auto_deployment.errors import BadInputError
from auto_deployment.release.judge.judge import Judgement, ReleaseVerdict, judge
from auto_deployment.release.judge.ticks import Tick
from auto_deployment.release.params import JudgeParams

FINAL = (ReleaseVerdict.PROMOTE, ReleaseVerdict.ABORT, ReleaseVerdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Replay:
    """The verdict that the release would have got, and after how many of its ticks."""

    judgement: Judgement
    ticks: int
    of: int  # recorded in all

    @property
    def final(self) -> bool:
        """Tell whether the release would have ended; otherwise its ticks ended first."""
        return self.judgement.verdict in FINAL


def replay(ticks: Sequence[Tick], params: JudgeParams) -> Replay:
    """Judge tick by tick, as the controller does, until the verdict is final."""
    judgement = judge((), params)
    for number in range(1, len(ticks) + 1):
        judgement = judge(ticks[:number], params)
        if judgement.verdict in FINAL:
            return Replay(judgement, number, len(ticks))
    return Replay(judgement, len(ticks), len(ticks))


def read_ticks(file: Path) -> list[Tick]:
    """Read the ticks of a release file, or a plain list of ticks; raise `BadInputError` where are none."""
    try:
        content: Any = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadInputError(
            f"{file} cannot be read ({error.strerror}): name the file of a release."
        ) from error
    except ValueError as error:
        raise BadInputError(f"{file} is not JSON: name the file of a release.") from error
    ticks = content.get("ticks") if isinstance(content, dict) else content
    if not isinstance(ticks, list):
        raise BadInputError(f"{file} has no ticks: name the file of a release that was judged.")
    return [Tick.from_json(one) for one in ticks]
