"""Which store an address means."""

from pathlib import Path

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.store import ModelStore


def open_store(address: str | None, name: str) -> ModelStore:
    """Return the store at an address, without asking it anything; raise `BadInputError` where none is set."""
    if not address:
        raise BadInputError("MODEL_STORE is not set: name a folder, or an address s3://, gs:// or az://.")
    if "://" not in address:
        return ModelStore(FolderFiles(Path(address)), name)
    # Its library takes a while to load, and nobody needs it for a folder.
    from auto_deployment.fleet.remote import RemoteFiles

    return ModelStore(RemoteFiles(address), name)
