"""Which version a gateway serves, decided from what shards say they hold."""

from collections.abc import Collection, Mapping, Sequence

Held = Mapping[
    str, Mapping[str, Collection[int]]
]  # address -> version -> clusters; only of shards that answer


def is_complete(version: str, clusters: int, held: Held) -> bool:
    """Tell whether a living shard holds each of the clusters."""
    found = {cluster for versions in held.values() for cluster in versions.get(version, ())}
    return found >= set(range(clusters))


def choose(serving: str | None, wanted: str | None, known: Mapping[str, int], held: Held) -> str | None:
    """Return the version to serve, of the `known` ones (version -> number of clusters).

    The wanted one as soon as all of it is held, no sooner; else what serves now, while all of that is; else
    any that is held wholly. Where none is, what serves stays, and answers are partial.
    """
    for version in (wanted, serving, *known):
        if version is not None and version in known and is_complete(version, known[version], held):
            return version
    return serving if serving in known else next(iter(known), None)


def homes(version: str, shards: Sequence[Collection[int]], held: Held) -> list[list[str]]:
    """Return for each shard the addresses that hold all of its clusters of a version."""
    return [
        [address for address, versions in held.items() if set(versions.get(version, ())) >= set(clusters)]
        if clusters
        else []
        for clusters in shards
    ]


def in_turn(homes: Sequence[str], turn: int) -> list[str]:
    """Return the addresses with another one first at each turn: replicas share the work."""
    first = turn % max(1, len(homes))
    return [*homes[first:], *homes[:first]]
