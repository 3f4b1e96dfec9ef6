#!/usr/bin/env bash
# implicit's alternating least squares looks at which entries of a sparse matrix are stored, not at what they are worth:
# two matrices that are equal, one of which has zeros stored in it, give other models. A stored zero, or an entry of a
# millionth, raises the score of a title of the user's taste by more than half of what an entry of 1 does. Every entry
# that is not stored counts as "not liked" with the weight 1; a stored one takes that away, however small it is.
# implicit 0.7.3 (scipy 1.17.1)
# Why it matters: strengths of interactions are often scaled to 0-1, or written as 0 where somebody disliked something
# (one star, "not interested", a watch of a second). Such an entry pulls the title up in that user's list beside titles
# that were never met, and arithmetic on matrices (a product, a mask) stores zeros that nobody sees. Leave out what is
# below 1 after the gain, and call eliminate_zeros().
# Guess before the first run: equal matrices give equal models, and a weight of a millionth is as good as none.
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
from scipy.sparse import csr_matrix

rng = np.random.default_rng(7)
USERS, TITLES, TITLE = 300, 60, 4
# Two halves of users and titles; each user has liked some ten of the titles of his half.
likes = (rng.random((USERS, TITLES)) < 0.33) & (np.arange(USERS)[:, None] % 2 == np.arange(TITLES) % 2)
likes[0, TITLE] = False  # a title of the first user's half that he has never met
dense = 10.0 * likes
model = AlternatingLeastSquares(factors=8, iterations=15, regularization=0.1, random_state=1, num_threads=1)
model.fit(csr_matrix(dense), show_progress=False)


def matrix(entry):
    """Return the first user's row with an entry stored for the title; none for None."""
    row = csr_matrix(dense[:1])
    if entry is None:
        return row
    columns = np.append(row.indices, TITLE)
    values = np.append(row.data, entry)
    order = np.argsort(columns)
    return csr_matrix((values[order], columns[order], [0, len(columns)]), shape=row.shape)


def score(row):
    user = model.recalculate_user(np.arange(1), row)[0]
    return float(user @ model.item_factors[TITLE])


none, zero, tiny, one = (score(matrix(entry)) for entry in (None, 0.0, 1e-6, 1.0))
equal = (matrix(None) != matrix(0.0)).nnz == 0
clean = matrix(0.0)
clean.eliminate_zeros()
print(f"implicit {implicit.__version__}, scipy {scipy.__version__}, numpy {np.__version__}")
print(f"scipy calls the matrices with and without the stored zero equal: {equal}")
for name, value in (("nothing stored", none), ("0 stored", zero), ("0.000001 stored", tiny), ("1 stored", one)):
    print(f"{name:16} the title's score is {value:+.4f}")
print(f"after eliminate_zeros() it is {score(clean):+.4f}")
moved = zero - none > 0.5 * (one - none) > 0
as_much = abs(tiny - zero) < 1e-4
sys.exit(not (equal and moved and as_much and abs(score(clean) - none) < 1e-9))
PY
