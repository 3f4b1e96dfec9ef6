"""Simulated lines into a real broker."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kafka import KafkaProducer
from kafka.errors import KafkaError, UnknownTopicOrPartitionError

from auto_deployment.config.kafka import KafkaSettings
from auto_deployment.errors import MarqueeError
from auto_deployment.ingest.kafka_client import Directory, open_client
from auto_deployment.simulate.damage import Message


class NotProducedError(MarqueeError):
    """The broker did not take the lines."""


def holds_lines(settings: KafkaSettings) -> bool:
    """Return whether anything was ever written to the topic; raise `NotProducedError` without a broker."""
    try:
        directory = Directory(settings)
    except KafkaError as error:
        raise _not_produced(settings, error) from error
    try:
        _, partitions = directory.describe()
        return any(directory.ends(partitions).values())
    except UnknownTopicOrPartitionError:
        return False
    except KafkaError as error:
        raise _not_produced(settings, error) from error
    finally:
        directory.close()


@contextmanager
def open_topic(settings: KafkaSettings) -> Iterator[Callable[[Sequence[Message]], None]]:
    """Give a function that sends lines; leaving the block waits until the broker has them all.

    Raises `NotProducedError`. Lines spread over the partitions of the topic, which has to be there unless the
    broker makes topics by itself.
    """
    try:
        with open_client(
            KafkaProducer, settings, acks="all", linger_ms=50, batch_size=1 << 17, max_block_ms=30_000
        ) as producer:
            failures: list[Exception] = []

            def send(messages: Sequence[Message]) -> None:
                for message in messages:
                    # A message needs a key or a value; a tombstone has no value.
                    key = b"" if message is None else None
                    producer.send(settings.topic, message, key=key).add_errback(failures.append)
                if failures:
                    raise failures[0]

            yield send
            producer.flush()
            if failures:
                raise failures[0]
    except KafkaError as error:
        raise _not_produced(settings, error) from error


def _not_produced(settings: KafkaSettings, error: KafkaError) -> NotProducedError:
    return NotProducedError(
        f"Topic {settings.topic} at {settings.bootstrap} did not take the lines ({error}): see that the "
        "broker runs, that the topic exists, and check KAFKA_*."
    )
