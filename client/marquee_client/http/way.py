"""One call over HTTP: a kept connection where there is one, and once more where that was closed meanwhile."""

import socket
import ssl
from http.client import HTTPException
from urllib.parse import quote

from marquee_client.address import Address
from marquee_client.answer import Answer
from marquee_client.deadline import Deadline
from marquee_client.errors import ERROR, TIMEOUT, UNREACHABLE, CallFailedError, NotHeardError
from marquee_client.http.connection import Connection, connect
from marquee_client.http.idle import IdleConnections
from marquee_client.http.names import Names
from marquee_client.http.reply import answer_of, body_of
from marquee_client.wish import DEFAULT_N, Wish


class HttpWay:
    """Asks one address, for any number of threads."""

    def __init__(self, address: Address, connect_s: float, ca_file: str | None = None) -> None:
        self._address = address
        self._connect_s = connect_s
        self._ca_file = ca_file
        self._tls = ssl.create_default_context(cafile=ca_file) if address.has_tls else None
        self._names = Names(address.host, address.port)
        self._idle = IdleConnections()
        prefix = f"/{address.path}" if address.path else ""
        self._before = f"GET {prefix}/recommend/"
        self._after = f" HTTP/1.1\r\nHost: {address.netloc}\r\nUser-Agent: marquee-client\r\n\r\n"

    def ask(self, wish: Wish, deadline: Deadline) -> Answer:
        """Return the service's list; raise `CallFailedError`. Ends by the deadline."""
        question = f"{self._before}{wish.user}{_query(wish)}{self._after}".encode("ascii")
        try:
            return self._once(question, deadline, self._idle.take())
        except NotHeardError:
            self._idle.clear()  # those beside it go back to the same server
        try:
            return self._once(question, deadline, None)
        except NotHeardError as error:
            raise CallFailedError(error.outcome, str(error)) from error.__cause__

    def reset(self) -> None:
        """Let go of every connection that waits."""
        self._idle.clear()

    def renewed(self) -> "HttpWay":
        """Return the same for a process that was forked from one that has used this."""
        self._idle.leave_to_parent()
        return HttpWay(self._address, self._connect_s, self._ca_file)

    def _once(self, question: bytes, deadline: Deadline, idle: Connection | None) -> Answer:
        connection = idle or self._connected(deadline)
        is_reusable = False
        try:
            response = connection.ask(question, deadline)
            # Without a length nobody could tell a list from the half of one.
            if response.length is None and not response.chunked:
                raise CallFailedError(ERROR, "The answer does not say how long it is.")
            body = body_of(response)
            is_reusable = not response.will_close
            return answer_of(response, body)
        except TimeoutError:
            raise CallFailedError(TIMEOUT, "No whole answer came within the budget.") from None
        except (OSError, HTTPException) as error:
            if idle and isinstance(error, ConnectionError) and not connection.received:
                raise NotHeardError(ERROR, "The connection was closed without an answer.") from error
            raise CallFailedError(ERROR, f"The answer broke off: {_said(error)}.") from error
        finally:
            if is_reusable:
                self._idle.put(connection)
            else:
                connection.close()

    def _connected(self, deadline: Deadline) -> Connection:
        host = self._address.host
        try:
            places = self._names.places(deadline)
            return connect(places, deadline, self._connect_s, self._tls, host)
        except ConnectionRefusedError as error:
            raise NotHeardError(UNREACHABLE, f"{self._address.netloc} refuses the connection.") from error
        except TimeoutError:
            raise CallFailedError(UNREACHABLE, f"No connection to {self._address.netloc} in time.") from None
        except socket.gaierror as error:
            raise CallFailedError(UNREACHABLE, f"There is no host {host!r}: {_said(error)}.") from error
        except OSError as error:
            raise CallFailedError(
                UNREACHABLE, f"{self._address.netloc} cannot be reached: {_said(error)}."
            ) from error


def _query(wish: Wish) -> str:
    parts = []
    if wish.n != DEFAULT_N:
        parts.append(f"n={wish.n}")
    if wish.exclude:
        parts.append(f"exclude={','.join(quote(movie, safe='') for movie in wish.exclude)}")
    if wish.genre is not None:
        parts.append(f"genre={quote(wish.genre, safe='')}")
    return f"?{'&'.join(parts)}" if parts else ""


def _said(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
