"""Load from begin to end in this process; a signal ends it."""

import asyncio
import signal
from collections.abc import Sequence

import aiohttp

from auto_deployment.recipe.errors import RecipeError, StoppedError
from auto_deployment.recipe.load.loops import closed_loop, open_loop
from auto_deployment.recipe.load.reports import Report
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import Step


def send(audience: Audience, windows: Sequence[Sequence[Step]], closed: bool, report: Report) -> None:
    """Send load, window by window; raise `StoppedError` on Ctrl-C and SIGTERM. Only in the main thread."""
    asyncio.run(_send(audience, windows, closed, report))


def check_answers(audience: Audience) -> None:
    """Ask each target once; raise `RecipeError` when one is not there, before load is sent to it."""
    for target in audience.targets:
        asyncio.run(_answers(target.url(audience.users[0]), audience.timeout_s))


async def _send(audience: Audience, windows: Sequence[Sequence[Step]], closed: bool, report: Report) -> None:
    loops = asyncio.get_running_loop()
    sending = asyncio.create_task((closed_loop if closed else open_loop)(audience, windows, report))
    heard = (signal.SIGINT, signal.SIGTERM)
    for number in heard:
        loops.add_signal_handler(number, sending.cancel)
    try:
        await sending
    except asyncio.CancelledError:
        raise StoppedError("Stopped, as asked for.") from None
    finally:
        for number in heard:
            loops.remove_signal_handler(number)


async def _answers(url: str, timeout_s: float) -> None:
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            await answer.read()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        reason = str(error) or f"no answer within {timeout_s:g} s"
        raise RecipeError(
            f"{url} does not answer ({reason}): start the service, or correct the address."
        ) from error
    if answer.status != 200:
        raise RecipeError(
            f"{url} is answered with status {answer.status}, not 200: give a path that is answered, "
            "with {user} where the user's id belongs."
        )
