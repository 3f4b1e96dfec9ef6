"""Ask Marquee for recommendations; stop asking while it fails, and give the caller's own list meanwhile."""

from marquee_client.answer import Answer
from marquee_client.errors import NoAnswerError
from marquee_client.kill_switch import Flip, Rule
from marquee_client.recommender import Recommender

__all__ = ["Answer", "Flip", "NoAnswerError", "Recommender", "Rule"]
