"""What Python meets where Spark fails, and what is said of it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.training.errors import TrainingError

CAUSE_MAX = 300  # characters of Spark's own words


class SparkError(TrainingError):
    """Spark could not compute a part."""


def losses() -> tuple[type[Exception], ...]:
    """Return what Python meets where a worker, a result or Java is lost.

    Not all of it is Spark's: an Arrow stream that is cut is Arrow's error, and where a result's socket does
    not open, pyspark 4.3 names its own variable that has no value yet (`_load_from_socket`).
    """
    import pyarrow as pa
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return Py4JError, PySparkException, pa.ArrowException, OSError, EOFError, UnboundLocalError


def reason(error: BaseException) -> str:
    """Return the sentence of an error of Spark's without its stack, which in Python comes before it."""
    from py4j.protocol import Py4JError

    java = getattr(error, "java_exception", None)
    try:
        text = str(error if java is None else java.getMessage())
    except (Py4JError, OSError):
        text = "its Java has ended"
    lines = [one for one in text.splitlines() if one.strip()] or [type(error).__name__]
    line = _of_python(lines) or lines[0]
    return line.strip()[:CAUSE_MAX].rstrip(".: ")


def _of_python(lines: Sequence[str]) -> str | None:
    """Return what follows a stack of Python's: the first line after it that is not indented."""
    stack = next((n for n, one in enumerate(lines) if one.startswith("Traceback (most")), len(lines))
    return next((one for one in lines[stack + 1 :] if not one[0].isspace()), None)


@contextmanager
def quiet() -> Iterator[None]:
    """Let py4j keep what it says of connections, stacks and all, to itself: it says so to the root logger."""
    root, names = logging.getLogger(), ("py4j", "py4j.clientserver", "py4j.java_gateway")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    root.addFilter(_is_not_py4j)
    try:
        yield
    finally:
        root.removeFilter(_is_not_py4j)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _is_not_py4j(record: logging.LogRecord) -> bool:
    return "py4j" not in Path(record.pathname).parts
