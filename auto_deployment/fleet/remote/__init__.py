"""S3, Google's and Azure's storage as the place of a store, through fsspec's file systems."""

from auto_deployment.fleet.remote.files import RemoteFiles

__all__ = ["RemoteFiles"]
