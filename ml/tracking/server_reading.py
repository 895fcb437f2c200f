"""A registry read from an MLflow server, through its REST API.

How to sign in stands in the variables that MLflow itself reads: MLFLOW_TRACKING_USERNAME and
MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; for TLS MLFLOW_TRACKING_SERVER_CERT_PATH,
MLFLOW_TRACKING_CLIENT_CERT_PATH and MLFLOW_TRACKING_INSECURE_TLS.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ml.tracking.registry import RegistryUnreachable, Version

if TYPE_CHECKING:
    import requests

SECONDS = (5, 30)
"""To connect, and to wait for an answer."""
PAGE = 1_000


@dataclass(frozen=True)
class ServerReader:
    """Reads the registry of the server at an address."""

    url: str

    def require_reachable(self) -> None:
        with _session() as session:
            self._get(session, "registered-models/search", max_results=1)

    def versions(self, model: str | None) -> list[Version]:
        only = {} if model is None else {"filter": f"name = '{model}'"}
        with _session() as session:
            aliases: dict[tuple[str, str], list[str]] = defaultdict(list)
            models = self._pages(session, "registered-models/search", "registered_models", **only)
            for found in models:
                for one in found.get("aliases", ()):
                    aliases[found["name"], one["version"]].append(one["alias"])
            versions = [
                Version(
                    model=found["name"],
                    number=int(found["version"]),
                    registered_at=datetime.fromtimestamp(int(found["creation_timestamp"]) / 1000, UTC),
                    run_id=found.get("run_id") or None,
                    aliases=tuple(sorted(aliases[found["name"], found["version"]])),
                    tags={tag["key"]: tag["value"] for tag in found.get("tags", ())},
                )
                for found in self._pages(session, "model-versions/search", "model_versions", **only)
            ]
        return sorted(versions, key=lambda version: (version.model, version.number))

    def location(self, version: Version) -> str:
        with _session() as session:
            asked = {"name": version.model, "version": version.number}
            return self._get(session, "model-versions/get-download-uri", **asked)["artifact_uri"]

    def _pages(
        self, session: "requests.Session", path: str, key: str, **asked: object
    ) -> Iterator[dict[str, Any]]:
        token = None
        while True:
            page = {"page_token": token} if token else {}
            answer = self._get(session, path, max_results=PAGE, **asked, **page)
            yield from answer.get(key, ())
            token = answer.get("next_page_token")
            if not token:
                return

    def _get(self, session: "requests.Session", path: str, **asked: Any) -> dict[str, Any]:
        import requests

        address = f"{self.url.rstrip('/')}/api/2.0/mlflow/{path}"
        try:
            answer = session.get(address, params=asked, timeout=SECONDS)
        except requests.RequestException as error:
            cause = f"{type(error).__name__}: {_short(error)}"
            raise RegistryUnreachable(
                f"The MLflow server at {shown(self.url)} does not answer ({cause}). Start it, or mend "
                "RETAIL_MLFLOW_URL."
            ) from error
        if answer.status_code in (401, 403):
            raise RegistryUnreachable(
                f"The MLflow server at {shown(self.url)} refuses the platform ({answer.status_code}): set "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, to an account that "
                "may use the model registry."
            )
        try:
            answer.raise_for_status()
            return answer.json()
        except requests.RequestException as error:  # of JSON too
            raise RegistryUnreachable(
                f"What answers at {shown(self.url)} is no MLflow server that can be used ({answer.status_code}: "
                f"{_short(answer.text)}). Mend RETAIL_MLFLOW_URL."
            ) from error


def _session() -> "requests.Session":
    import requests

    session = requests.Session()
    user, password = (os.environ.get(f"MLFLOW_TRACKING_{name}") for name in ("USERNAME", "PASSWORD"))
    if user and password:  # goes before a token, as with MLflow
        session.auth = (user, password)
    elif token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        session.headers["Authorization"] = f"Bearer {token}"
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        session.verify = False
    elif certificates := os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH"):
        session.verify = certificates
    if own := os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
        session.cert = own
    return session


def shown(url: str) -> str:
    """An address without the password that may stand in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _short(said: object) -> str:
    return " ".join(str(said).split())[:200]
