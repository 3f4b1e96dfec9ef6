"""What a source says about movies and users, staged: shown before its segments, which rely on it."""

from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from auto_deployment.dataset.catalog import MOVIES, SOURCE_IDS, SOURCE_USERS, USERS
from auto_deployment.dataset.quarantine import LinePosition, QuarantineWriter
from auto_deployment.host.files import StagedFile
from auto_deployment.host.locks import BusyError
from auto_deployment.ingest.importing.movie_tables import MovieTable
from auto_deployment.ingest.importing.parts import Identity
from auto_deployment.ingest.importing.source_catalog import SourceCatalog, mapped_users
from auto_deployment.ingest.importing.tables.users import MappedUsers
from auto_deployment.paths import Paths


def stage_catalog(
    cleanup: ExitStack, catalog: SourceCatalog, paths: Paths, name: str, identity: Identity
) -> list[StagedFile | QuarantineWriter]:
    """Stage the rows of the catalogue, given ids first, and the damaged ones as quarantine of that name.

    Raises `BusyError` if another import has given ids since this one has read them.
    """
    staged: list[StagedFile | QuarantineWriter] = []
    if catalog.movies is not None:
        staged.append(cleanup.enter_context(_stage_source_ids(paths.catalog, catalog.movies)))
        staged.append(cleanup.enter_context(MOVIES.stage(paths.catalog, catalog.movies.frame)))
    if catalog.users is not None:
        staged.append(cleanup.enter_context(USERS.stage(paths.catalog, catalog.users)))
    quarantine = QuarantineWriter(paths.quarantine, name, identity.form, identity.parser_version)
    staged.append(cleanup.enter_context(quarantine))
    for row in catalog.damaged:
        quarantine.add(row.raw, row.reason, LinePosition(file=row.file, line=row.line))
    quarantine.seal()
    return staged


def stage_users(cleanup: ExitStack, catalog: Path, users: MappedUsers) -> StagedFile:
    """Stage the numbers that users got; raise `BusyError` if another import has given some meanwhile."""
    frame = pd.DataFrame({"source_user": list(users.new), "user_id": list(users.new.values())})
    staged = cleanup.enter_context(SOURCE_USERS.stage(catalog, frame))
    if mapped_users(catalog) != users.known:  # nobody else changes them from here on
        raise BusyError("Another import has numbered users meanwhile: nothing was written, try again.")
    return staged


def remembers(catalog: Path, kind: str) -> bool:
    """Tell whether ids of a kind of source are remembered; those of the version before are not."""
    return bool((SOURCE_IDS.read(catalog)["catalogue"].str.split("-").str[0] == kind).any())


def _stage_source_ids(catalog: Path, movies: MovieTable) -> StagedFile:
    staged = SOURCE_IDS.stage(catalog, movies.source_ids)  # nobody else changes them from here on
    if not SOURCE_IDS.read(catalog).equals(movies.remembered):
        staged.discard()
        raise BusyError("Another import has named movies meanwhile: nothing was written, import again.")
    return staged
