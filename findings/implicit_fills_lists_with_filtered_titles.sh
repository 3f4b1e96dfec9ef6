#!/usr/bin/env bash
# implicit's recommend() never gives a list that is shorter than asked for. Where fewer titles are left than N, the
# titles that filter_items forbids and those that the user has already are put at its end all the same: by a
# factorisation with the score -3.4e38, by a nearest-neighbour model with 0. similar_items(N) of a factorisation with
# fewer than N titles fills up with the first title of the catalogue, again and again, with the score 0.
# implicit 0.7.3 (scipy 1.17.1)
# Why it matters: "children's titles only" (items=...), "not available here" (filter_items=...) or somebody who has seen
# most of a small catalogue show exactly what was to be left out, and it is no error and no shorter list. One rule for
# both kinds of model does not exist by the score: 0 is an ordinary score of a factorisation. Take the forbidden
# titles out of what comes back, by id.
# Guess before the first run: what is filtered is never returned; the list has as many titles as are left.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check implicit==0.7.3 numpy==2.4.6 scipy==1.17.1
OPENBLAS_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PY'
import sys

import implicit
import numpy as np
import scipy
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from scipy.sparse import csr_matrix

USERS, TITLES, N = 40, 12, 5
LEFT, FORBIDDEN = {3, 7}, 3  # what user 0 has not seen, and what nobody may be shown
seen = np.random.default_rng(7).random((USERS, TITLES)) < 0.5
seen[0] = True
seen[0, sorted(LEFT)] = False
matrix = csr_matrix(seen.astype(np.float32))

factors = AlternatingLeastSquares(factors=8, iterations=10, num_threads=1, random_state=1)
neighbours = CosineRecommender(K=TITLES, num_threads=1)
print(f"implicit {implicit.__version__}, numpy {np.__version__}, scipy {scipy.__version__}")
as_said = True
for name, model, filler in (("ALS", factors, float(np.finfo(np.float32).min)), ("cosine", neighbours, 0.0)):
    model.fit(matrix, show_progress=False)
    titles, scores = model.recommend(0, matrix[0], N=N, filter_already_liked_items=True, filter_items=[FORBIDDEN])
    print(f"{name:<7}of {sorted(LEFT - {FORBIDDEN})} left, {N} asked for: {titles.tolist()}, {scores.tolist()}")
    as_said &= len(titles) == N and set(titles.tolist()) - (LEFT - {FORBIDDEN}) != set()
    as_said &= titles[0] == 7 and all(score == filler for score in scores.tolist()[1:])
    only, scores = model.recommend(0, matrix[0], N=N, filter_already_liked_items=True, items=[0, 1, 3])
    print(f"{name:<7}of [0, 1, 3], of which 0 and 1 are seen: {only.tolist()}, {scores.tolist()}")
    as_said &= sorted(only.tolist()) == [0, 1, 3] and only[0] == 3

allowed, scores = factors.recommend(0, matrix[0], N=N, filter_items=[FORBIDDEN])
print(f"ALS    forbidden {FORBIDDEN} is in {allowed.tolist()}: {FORBIDDEN in allowed}")
similar, scores = factors.similar_items(3, N=TITLES + 4)
print(f"ALS    similar to 3, {TITLES} titles, {TITLES + 4} asked for: {similar.tolist()}")
as_said &= similar.tolist()[TITLES:] == [0] * 4 and set(scores.tolist()[TITLES:]) == {0.0}
print("as said above" if as_said else "DIFFERS from what is said above")
sys.exit(not as_said)
PY
