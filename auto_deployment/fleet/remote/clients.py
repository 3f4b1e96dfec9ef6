"""What fsspec's clients are told, and what their errors mean."""

import asyncio
from collections.abc import Mapping
from typing import Any

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs"}
CONNECT_S, READ_S = 5, 10
# gcsfs tries six times and Azure's client four, with pauses, and neither lets anybody change that: an agent
# has a next look anyway. Uploads are not limited, as they take as long as a model is large.
PATIENCE_S = 30
# Both s3fs and botocore try again by themselves, 5 times each.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3": {
        "config_kwargs": {
            "connect_timeout": CONNECT_S,
            "read_timeout": READ_S,
            "retries": {"mode": "standard", "total_max_attempts": 2},
        }
    },
    "az": {"connection_timeout": CONNECT_S, "read_timeout": READ_S},
}
RETRIES = 2  # of s3fs
# The clients under fsspec raise classes of their own beside OSError.
OWN = {"botocore", "aiobotocore", "aiohttp", "gcsfs", "google", "azure", "asyncio"}
BEYOND_THE_END = {"InvalidRange", "416"}
NOT_AS_IT_WAS = {
    "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "409", "412",  # S3
    "ConditionNotMet", "BlobNotFound",  # Azure
}  # fmt: skip
NO_PLACE = {"NoSuchBucket", "ContainerNotFound"}
NOT_LET_IN = {"401", "403", "AuthenticationFailed", "AuthorizationFailure", "AuthorizationPermissionMismatch"}


def code_of(error: BaseException | None) -> str | None:
    """Return the storage's word for what went wrong, None where it said none."""
    cause = getattr(error, "__cause__", None)
    response = getattr(cause, "response", None)
    if isinstance(response, Mapping):  # S3's, which s3fs keeps as the cause of what it raises
        return str(response.get("Error", {}).get("Code"))
    for one in (error, cause):
        if code := getattr(one, "error_code", None):  # Azure's
            return str(getattr(code, "value", code))
    code = getattr(error, "code", None)  # Google's
    return None if code is None else str(code)


def is_expected(error: Exception) -> bool:
    """Tell whether a client says by this that the store cannot be used."""
    # gcsfs raises ValueError for an answer 400 that has the word "invalid".
    is_refusal = isinstance(error, ValueError) and str(error).startswith("Bad Request")
    return isinstance(error, OSError) or is_refusal or type(error).__module__.split(".")[0] in OWN


def is_about_credentials(error: Exception) -> bool:
    """Tell whether somebody else may be let in."""
    name = type(error).__name__
    return (
        isinstance(error, PermissionError)
        or any(word in name for word in ("Credentials", "Authentication", "RefreshError"))
        or code_of(error) in NOT_LET_IN
        # gcsfs; adlfs where no variable names an account
        or str(error).startswith(("Forbidden", "unable to connect to account"))
    )


def words_of(error: BaseException) -> str:
    """Return an error as part of a sentence."""
    if isinstance(error, asyncio.TimeoutError) and not str(error):
        return f"no answer for {PATIENCE_S} s"
    text = str(error).partition("RequestId:")[0]  # Azure's goes on with the whole answer
    return " ".join(text.split()).rstrip(".") or type(error).__name__
