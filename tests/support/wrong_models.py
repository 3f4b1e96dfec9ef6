"""Recommenders whose models are loaded and go wrong."""

from app.recommender import Answer, Recommender


class Forgetful(Recommender):
    """A model that has no answer."""

    def popular(self, *_: object, **__: object) -> Answer:
        return Answer([], "popular")


class Broken(Recommender):
    """A model whose every answer is an error."""

    def recommend(self, *_: object, **__: object) -> Answer:
        raise IndexError("row 99 of 10")
