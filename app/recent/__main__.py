"""The one process of an instance that follows events; a worker starts it, and it ends with that worker."""

import fcntl
import logging
import os
import sys
import time
from pathlib import Path

from app.recent.feed import Feed
from app.recent.options import FollowOptions

NICENESS = 5  # whoever asks for a list comes first
AFTER_FAILURE_S = 1.0

log = logging.getLogger("app.recent")


def main(options: FollowOptions) -> None:
    """Follow until the worker that started us has ended; at once when another process does it already."""
    os.nice(NICENESS)
    with options.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        follow(options)


def follow(options: FollowOptions) -> None:
    # Imported by the one that has the lock: the others are gone before.
    from app.recent.follower import Follower, FollowerPlace
    from app.recent.watermark import ModelWatermark

    place = FollowerPlace(Path(options.folder), options.max_mb, ModelWatermark(Path(options.model_dir)))
    follower = Follower(feed_of(options), place)
    while os.getppid() == options.parent:
        try:
            follower.step()
        except Exception:
            log.exception("Following recent events failed and goes on")
            time.sleep(AFTER_FAILURE_S)
    follower.close()


def feed_of(options: FollowOptions) -> Feed:
    if options.redis_url:
        from app.recent.redis_feed import RedisFeed

        return RedisFeed(options.redis_url, options.redis_password)
    from app.recent.file_feed import FileFeed

    return FileFeed(Path(options.file or ""))


if __name__ == "__main__":
    told = FollowOptions.from_json(sys.stdin.buffer.readline())
    logging.basicConfig(
        level=told.log_level,
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    main(told)
