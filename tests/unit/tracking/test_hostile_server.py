"""A server that is no MLflow, or no friend: what it says makes no file, removes none, and stops nothing."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ml.tracking import server_files, server_reading
from ml.tracking.champion import fetch_model, resolve_champion
from ml.tracking.reading import location, require_reachable, versions
from ml.tracking.registry import Registry, RegistryUnreachable, Tag, Version
from ml.tracking.session import mlflow_at

Say = Callable[[BaseHTTPRequestHandler], object]
NAME = "forecast"
PLACE = "mlflow-artifacts:/1/run/artifacts"
NO_MLFLOW = r"What answers at .* is no MLflow server that can be used"


@contextmanager
def _serving(say: Say) -> Generator[str]:
    """The address of a server that answers every request with what `say` sends, or returns as JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(ConnectionError):  # who asked has had enough
                said = say(self)
                if said is not None:
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _registry(say: Say) -> Generator[Registry]:
    with _serving(say) as address:
        yield Registry(address, Path("/nowhere"))


@contextmanager
def _refused(say: Say, why: str) -> Generator[Registry]:
    """The registry at such a server, which must turn out to be none before the block ends."""
    with _registry(say) as registry, pytest.raises(RegistryUnreachable, match=why):
        yield registry


def _mlflow(*, digest: str | None = None, place: str = PLACE, name: str = NAME, **files: Any) -> Say:
    """What a server says that has one version, and these listings or contents by path of its API."""
    tags = [{"key": Tag.DIGEST, "value": digest}] if digest else []

    def say(request: BaseHTTPRequestHandler) -> object:
        if "registered-models" in request.path:
            return {"registered_models": [{"name": name, "aliases": [{"alias": "champion", "version": "3"}]}]}
        if "model-versions/search" in request.path:
            version = {"name": name, "version": "3", "creation_timestamp": 1_790_000_000_000, "tags": tags}
            return {"model_versions": [version]}
        if "get-download-uri" in request.path:
            return {"artifact_uri": place}
        return files["listing"] if "artifacts?path=" in request.path else files["content"]

    return say


@pytest.mark.parametrize("name", [NAME, "../../lake", "/lake", ".", "a/b"])
@pytest.mark.parametrize(
    "digest", [None, "x/../../../..", "../../lake", "/lake", "A" * 64, "a" * 63, "a" * 64]
)
def test_no_place_in_the_cache_leads_out_of_it(tmp_path: Path, name: str, digest: str | None) -> None:
    kept = tmp_path / "data" / "lake" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    cache = kept.parent.parent / "work" / "models"
    (cache / NAME / "3-x").mkdir(parents=True)
    tags = {Tag.DIGEST: digest} if digest else {}
    version = Version(name, 3, datetime.now(UTC), None, (), tags)
    with pytest.raises(RegistryUnreachable) as told:
        fetch_model(Registry(f"sqlite:///{tmp_path / 'none.db'}", tmp_path), version, cache=cache)
    if name != NAME or digest not in (None, "a" * 64):
        assert "no name, number and digest of a model" in str(told.value)
    assert kept.exists()
    assert [path.name for path in cache.iterdir()] == [NAME]


def test_a_digest_that_is_a_path_removes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "data" / "lake" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with _registry(_mlflow(digest="x/../../../..")) as registry:
        for _ in range(2):
            with pytest.raises(RegistryUnreachable, match="no name, number and digest"):
                resolve_champion(registry, NAME, cache=tmp_path / "data" / "work" / "models")
    assert kept.exists()


@pytest.mark.parametrize(
    "said",
    [
        b"<html>",
        b"",
        b"\xff",
        [],
        "ok",
        None,
        {"registered_models": None},
        {"registered_models": [{"x": 1}]},
        {"registered_models": [{"name": NAME, "aliases": [{"alias": "champion", "version": "x"}]}]},
        {"model_versions": [{"name": NAME}]},
        {"model_versions": [{"name": NAME, "version": "../3", "creation_timestamp": 0}]},
        {"model_versions": [{"name": NAME, "version": 10**40, "creation_timestamp": 0}]},
        {"model_versions": [{"name": NAME, "version": 3, "creation_timestamp": 10**30}]},
        {"model_versions": [{"name": NAME, "version": 3, "creation_timestamp": 0, "tags": None}]},
        {"model_versions": [{"name": "\ud800", "version": 3, "creation_timestamp": 0}]},
        {"next_page_token": 7},
    ],
)
def test_an_answer_of_another_shape_is_no_registry(said: object) -> None:
    with _refused(lambda _: b"null" if said is None else said, NO_MLFLOW) as registry:
        versions(registry, NAME)


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_is_quoted_so_that_it_can_be_printed(status: int) -> None:
    def say(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.end_headers()
        request.wfile.write(b"\x1b[2J wiped " + b"x" * 5_000)

    with _registry(say) as registry, pytest.raises(RegistryUnreachable, match=NO_MLFLOW) as told:
        require_reachable(registry)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 500


def test_versions_of_another_model_are_not_those_asked_for() -> None:
    with _registry(_mlflow(name="another")) as registry:
        assert versions(registry, NAME) == []
        assert len(versions(registry)) == 1


def test_pages_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_reading, "PAGES", 5)
    with _registry(lambda _: {"next_page_token": "again"}) as registry:
        assert versions(registry) == []
    with _refused(lambda _: {"next_page_token": str(time.monotonic_ns())}, "more than 5 pages") as registry:
        versions(registry)


@pytest.mark.parametrize(
    "begun", [b"HTTP/1.0 200 OK\r\nX: ", b"HTTP/1.0 200 OK\r\nContent-Length: 99999\r\n\r\n"]
)
def test_a_byte_now_and_then_is_no_answer(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    def say(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(begun)
        for _ in range(100):
            request.wfile.write(b" ")
            time.sleep(0.05)

    monkeypatch.setattr(server_reading, "SECONDS", 0.3)
    started = time.monotonic()
    with _refused(say, r"not within 0\.3 seconds") as registry:
        require_reachable(registry)
    assert time.monotonic() - started < 3


def test_an_answer_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_reading, "ANSWER_BYTES", 1_000)
    with _refused(lambda _: b" " * 100_000, "more than 1,000 bytes") as registry:
        require_reachable(registry)


def test_who_signs_in_is_not_sent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    seen = []

    def note(request: BaseHTTPRequestHandler) -> dict:
        seen.append(request.path)
        return {}

    with _serving(note) as other:

        def send(request: BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", f"{other}/here")
            request.end_headers()

        with _refused(send, f"it sends elsewhere, to {other}/here") as registry:
            require_reachable(registry)
    assert seen == []


PLACES = [
    "file:///etc",
    "/etc",
    "etc",
    "",
    "s3://bucket/x",
    "http://127.0.0.1/x",
    "mlflow-artifacts://elsewhere:80/x",
    "mlflow-artifacts://[/x",
    "mlflow-artifacts:/../x",
    "mlflow-artifacts:/x/../../y",
    "models:/m-1",
]
NO_PLACE_OF_MLFLOW = ("mlflow-artifacts://[/x", "models:/m-1")
"""It raises errors of its own for these."""


@pytest.mark.parametrize("place", PLACES)
def test_files_lie_at_the_server_itself(tmp_path: Path, place: str) -> None:
    with _registry(_mlflow(place=place)) as registry:
        with pytest.raises(RegistryUnreachable, match="not its own place for them"):
            location(registry, versions(registry)[0])
        with pytest.raises(RegistryUnreachable, match="not its own place for them"):
            resolve_champion(registry, NAME, cache=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("place", [place for place in PLACES if place not in NO_PLACE_OF_MLFLOW])
def test_mlflow_sends_no_file_elsewhere(tmp_path: Path, place: str) -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    (tmp_path / "sent").write_text("x")
    place = place.replace("/etc", str(tmp_path / "etc"))
    with _registry(lambda _: {}) as registry:
        with pytest.raises(RegistryUnreachable), mlflow_at(registry):
            get_artifact_repository(place).log_artifact(str(tmp_path / "sent"))
        with pytest.raises(RegistryUnreachable), mlflow_at(registry):
            get_artifact_repository(place).log_artifacts(str(tmp_path))
        with mlflow_at(registry):
            assert get_artifact_repository(PLACE).artifact_uri.startswith(registry.url)
    assert [path.name for path in tmp_path.iterdir()] == ["sent"]
    get_artifact_repository((tmp_path / "own").as_uri()).log_artifact(str(tmp_path / "sent"))
    assert (tmp_path / "own" / "sent").exists(), "a registry without a server writes as ever"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "a\\b", "..", ".", "", "a\0b", "a\nb"])
@pytest.mark.parametrize("is_dir", [True, False])
def test_a_file_of_the_server_stays_in_its_folder(tmp_path: Path, name: str, is_dir: bool) -> None:
    listing = {"files": [{"path": name, "is_dir": is_dir, "file_size": 1}]}
    with _refused(_mlflow(listing=listing, content=b"x"), "it lists a file called") as registry:
        resolve_champion(registry, NAME, cache=tmp_path / "cache")
    assert [path.name for path in tmp_path.rglob("*")] == ["cache", NAME]


@pytest.mark.parametrize("is_dir", [True, False])
def test_a_model_has_so_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_dir: bool) -> None:
    monkeypatch.setattr(server_files, "MAX_FILES", 20)
    names = ["deeper"] if is_dir else [f"{number}" for number in range(30)]
    listing = {"files": [{"path": name, "is_dir": is_dir} for name in names]}
    with _refused(_mlflow(listing=listing, content=b"x"), "more than 20 files") as registry:
        resolve_champion(registry, NAME, cache=tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == [NAME]


def test_a_model_has_so_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_files, "MAX_BYTES", 1_000)
    listing = {"files": [{"path": "weights", "file_size": 1}]}
    with _refused(_mlflow(listing=listing, content=b"x" * 100_000), "more than 1,000 bytes") as registry:
        resolve_champion(registry, NAME, cache=tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == [NAME]


def test_a_name_twice_is_no_folder(tmp_path: Path) -> None:
    listing = {"files": [{"path": "a"}, {"path": "a"}]}
    with _refused(_mlflow(listing=listing, content=b"x"), "cannot be had") as registry:
        resolve_champion(registry, NAME, cache=tmp_path)
