"""A conversation with an MLflow server that may be slow, broken, or not what it says it is.

How to sign in stands in the variables that MLflow itself reads: MLFLOW_TRACKING_USERNAME and
MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; for TLS MLFLOW_TRACKING_SERVER_CERT_PATH,
MLFLOW_TRACKING_CLIENT_CERT_PATH and MLFLOW_TRACKING_INSECURE_TLS.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ValidationError

from ml.errors import quoted
from ml.tracking.registry import RegistryUnreachable

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS, SILENT_SECONDS = 5, 30
CHUNK_BYTES = 2**20

SignIn = tuple[str, str]
"""User and password."""

_Result = TypeVar("_Result")
_Answer = TypeVar("_Answer", bound=BaseModel)


class _TooLong(Exception):
    """The server says more than it may."""


class Conversation:
    """Requests to one server, which together may take so long and bring so much; all raise RegistryUnreachable.

    Redirects are not followed: who signs in, does so where the platform was told to, and nowhere else.
    """

    def __init__(self, url: str, *, seconds: float, max_bytes: int) -> None:
        self.url, self._sign_in = address_of(url)
        self._seconds, self._until = seconds, time.monotonic() + seconds
        self._max_bytes, self._left = max_bytes, max_bytes

    def ask(self, kind: type[_Answer], path: str, /, **asked: object) -> _Answer:
        """What the server answers at a path of its API, as what it should be."""
        answer = self._within_time(lambda: b"".join(self._answer(path, asked)))
        try:
            return kind.model_validate_json(answer)
        except ValidationError as error:
            wrong = error.errors()[0]
            where = ".".join(map(str, wrong["loc"])) or "its answer"
            raise self.refused(f"{quoted(where)}: {quoted(wrong['msg'])}") from error

    def save(self, path: str, target: BinaryIO) -> None:
        """Write what the server answers at a path of its API."""

        def write() -> None:
            for chunk in self._answer(path, {}):
                target.write(chunk)

        self._within_time(write)

    def _within_time(self, work: Callable[[], _Result]) -> _Result:
        """In a thread that is left behind: a byte now and then renews every time-out there is below."""
        import requests
        from urllib3.exceptions import HTTPError

        result: Future[_Result] = Future()

        def run() -> None:
            try:
                result.set_result(work())
            except BaseException as error:
                result.set_exception(error)

        Thread(target=run, daemon=True).start()
        try:
            return result.result(timeout=max(0, self._until - time.monotonic()))
        except _TooLong:
            raise self.refused(f"it answers more than {self._max_bytes:,} bytes") from None
        except TimeoutError:
            cause = f"not within {self._seconds:g} seconds"
        except (requests.RequestException, HTTPError) as error:
            cause = f"{type(error).__name__}: {quoted(error)}"
        raise RegistryUnreachable(
            f"The MLflow server at {self.url} does not answer ({cause}). Start it, or mend RETAIL_MLFLOW_URL."
        )

    def _answer(self, path: str, asked: dict[str, object]) -> Iterator[bytes]:
        address = f"{self.url.rstrip('/')}/api/2.0/{path}"
        times = (CONNECT_SECONDS, SILENT_SECONDS)
        with (
            _signed_in(self._sign_in) as session,
            session.get(address, params=asked, timeout=times, stream=True, allow_redirects=False) as answer,  # ty: ignore[invalid-argument-type]
        ):
            self._require_good(answer)
            while chunk := answer.raw.read1(CHUNK_BYTES):
                self._left -= len(chunk)
                if self._left < 0:
                    raise _TooLong
                if time.monotonic() > self._until:
                    raise TimeoutError
                yield chunk

    def _require_good(self, answer: "requests.Response") -> None:
        if answer.status_code in (401, 403):
            raise RegistryUnreachable(
                f"The MLflow server at {self.url} refuses the platform ({answer.status_code}): set "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, to an account that "
                "may use the model registry."
            )
        if answer.is_redirect:
            raise self.refused(f"it sends elsewhere, to {quoted(answer.headers['Location'])}")
        if answer.status_code != 200:
            raise self.refused(
                f"{answer.status_code}: {quoted(answer.raw.read1(CHUNK_BYTES).decode(errors='replace'))}"
            )

    def refused(self, why: str) -> RegistryUnreachable:
        """The error for a server that answers, but not as MLflow does."""
        return RegistryUnreachable(
            f"What answers at {self.url} is no MLflow server that can be used ({why}). Mend RETAIL_MLFLOW_URL."
        )


def _signed_in(sign_in: SignIn | None) -> "requests.Session":
    import requests

    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"  # what is counted is what comes
    user, password = (os.environ.get(f"MLFLOW_TRACKING_{name}") for name in ("USERNAME", "PASSWORD"))
    if user and password:  # goes before a token, as with MLflow
        session.auth = (user, password)
    elif sign_in:
        session.auth = sign_in
    elif token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        session.headers["Authorization"] = f"Bearer {token}"
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        session.verify = False
    elif certificates := os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH"):
        session.verify = certificates
    if own := os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
        session.cert = own
    return session


def address_of(url: str) -> tuple[str, SignIn | None]:
    """A server's address without user and password, and these: no library is told them where it may quote them.

    Raises RegistryUnreachable.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.hostname and parts.port != 0
    except ValueError:
        parts = None
    if not parts or not is_address or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise RegistryUnreachable(
            "The address of the MLflow server is none; mend RETAIL_MLFLOW_URL: https://user:password@host:5000, say. "
            "In a password, write / as %2F, @ as %40, # as %23 and ? as %3F."
        )
    sign_in, _, host = parts.netloc.rpartition("@")
    user, _, password = sign_in.partition(":")
    address = parts._replace(netloc=host).geturl()
    return address, (unquote(user), unquote(password)) if sign_in else None
