"""Small rating files in every format that can be imported; all of their content is made up."""

from pathlib import Path

TIMES_S = (1_100_000_000, 1_100_000_060, 1_500_000_000)


def movielens(folder: Path, *, ratings: str | None = None, movies: str | None = None) -> Path:
    """Write ratings.csv and movies.csv: 2 users, 3 movies, 4 ratings."""
    _write(
        folder / "ratings.csv",
        ratings
        if ratings is not None
        else "userId,movieId,rating,timestamp\n"
        f"1,10,4.5,{TIMES_S[0]}\n1,20,0.5,{TIMES_S[1]}\n2,10,5.0,{TIMES_S[2]}\n2,30,3.0,{TIMES_S[2]}\n",
    )
    _write(
        folder / "movies.csv",
        movies
        if movies is not None
        else "movieId,title,genres\n"
        '10,"Quiet Harbour, The (1987)",Drama|Romance\n20,Loud City (1999),(no genres listed)\n'
        '30,"Green, Blue and ""Grey""",Comedy\n',
    )
    return folder


def movielens_100k(folder: Path) -> Path:
    """Write u.data, u.item, u.user and a split that looks like u.data: 2 users, 2 movies, 3 ratings."""
    flags = "|".join("1" if genre in (5, 8) else "0" for genre in range(19))
    ratings = [f"1\t1\t5\t{TIMES_S[0]}", f"1\t2\t1\t{TIMES_S[1]}", f"2\t1\t3\t{TIMES_S[2]}"]
    _write(folder / "u.data", "\n".join(ratings) + "\n")
    _write(folder / "u1.base", ratings[0] + "\n")
    _write(
        folder / "u.item",
        f"1|Été sans fin, L' (1994)|01-Jan-1994||http://example.org/1|{flags}\n2|unknown||||1{'|0' * 18}\n",
        "latin-1",
    )
    _write(folder / "u.user", "1|24|M|technician|85711\n2|53|F|other|94043\n")
    _write(folder / "u.genre", "Action|1\n")
    return folder


def movielens_1m(folder: Path, *, half_stars: bool = False) -> Path:
    """Write ratings.dat, movies.dat and users.dat: 2 users, 2 movies, 3 ratings."""
    low = "0.5" if half_stars else "1"
    _write(
        folder / "ratings.dat",
        f"1::1::5::{TIMES_S[0]}\n1::2::{low}::{TIMES_S[1]}\n2::1::3::{TIMES_S[2]}\n",
    )
    _write(
        folder / "movies.dat",
        "1::Café Nights (1994)::Drama|Comedy\n2::Loud City: Part 2 (1999)::Action\n",
        "latin-1",
    )
    _write(folder / "users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n")
    return folder


def clean_ratings(path: Path, ratings: list[str], *, time: str = "2024-03-05T12:00:07") -> Path:
    """Write a clean_rating.csv of these ratings, each by another user, of three movies."""
    rows = [f"{time},{user},movie+{user % 3}+1990,{rating}\n" for user, rating in enumerate(ratings, 1)]
    return _write(path, "time,user_id,movie_id,rating\n" + "".join(rows))


def event_lines(path: Path, lines: list[bytes]) -> Path:
    """Write a captured log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def _write(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return path
