"""The embedding that is shipped: read from its package, without a network and without importing it."""

import numpy as np

from search.embedding import open_embedding
from tests.support.imports import loaded_by


def test_equal_texts_have_equal_vectors_and_near_meanings_near_ones() -> None:
    embedding = open_embedding()
    space, stars, bread, again, nothing = embedding.embed(
        ["space travel", "voyage to the stars", "bread", "space travel", ""]
    )
    assert np.array_equal(space, again)
    assert np.linalg.norm(space) == np.float32(1)
    assert space @ stars > space @ bread
    assert not nothing.any()


def test_no_hub_and_not_the_package_itself_is_loaded() -> None:
    loaded = loaded_by("from search.embedding import open_embedding; open_embedding()")
    assert loaded & {"wordllama", "huggingface_hub", "requests", "flask", "pandas", "scipy"} == set()
