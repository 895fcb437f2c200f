"""What the web server answers, and what it refuses."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from retail_assets.web.guard import Guard

OWN = "http://127.0.0.1:3000"
JSON = {"content-type": "application/json"}


async def _answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("answered")


async def _talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("answered")
    await socket.close()


def _client(base: str = OWN, **guard: Any) -> TestClient:
    app = Starlette(
        routes=[
            WebSocketRoute("/graphql", _talk),
            Route("/{path:path}", _answer, methods=["GET", "HEAD", "POST"]),
        ]
    )
    return TestClient(Guard(app, **guard), base_url=base)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/assets/intake/ledger?view=overview", {}),
        ("GET", "/graphql", {}),
        ("POST", "/graphql", JSON),
        ("POST", "/graphql", JSON | {"origin": OWN, "sec-fetch-site": "same-origin"}),
        ("POST", "/graphql", {"content-type": "application/json; charset=utf-8"}),
    ],
)
def test_the_uis_own_requests_are_answered(method: str, path: str, headers: dict[str, str]) -> None:
    assert _client().request(method, path, headers=headers).text == "answered"


@pytest.mark.parametrize("host", ["localhost:3000", "LOCALHOST", "[::1]:3000", "127.0.0.1"])
def test_this_machine_has_several_names(host: str) -> None:
    assert _client().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, JSON | {"origin": "http://evil.example"}),
        (403, JSON | {"origin": "http://127.0.0.1:3001"}),
        (403, JSON | {"origin": "null"}),
        (403, JSON | {"origin": "http://["}),
        (403, JSON | {"sec-fetch-site": "cross-site"}),
        (403, JSON | {"sec-fetch-site": "same-site"}),
        (415, {"content-type": "text/plain"}),
        (415, {"content-type": "application/x-www-form-urlencoded"}),
        (415, {"content-type": "multipart/form-data; boundary=application/json"}),
        (415, {"content-type": "application/graphql"}),
        (415, {}),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/intake/ledger"])
def test_other_sites_give_no_orders(status: int, headers: dict[str, str], path: str) -> None:
    assert _client().post(path, content=b"{}", headers=headers).status_code == status


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "", "[", "0.0.0.0"]
)
def test_a_made_up_name_gets_no_answer(host: str) -> None:
    assert _client().get("/", headers={"host": host}).status_code == 421


def test_a_name_that_is_set_is_answered() -> None:
    assert _client("http://Retail.example", hosts=["retail.example"]).get("/").status_code == 200


def test_a_socket_is_for_the_own_pages() -> None:
    with _client().websocket_connect("/graphql", headers={"origin": OWN, "host": "127.0.0.1:3000"}) as socket:
        assert socket.receive_text() == "answered"
    for headers in ({"origin": "http://evil.example", "host": "127.0.0.1:3000"}, {"host": "evil.example"}):
        with pytest.raises(WebSocketDisconnect), _client().websocket_connect("/graphql", headers=headers):
            pass


def test_behind_a_login_nobody_comes_without_a_name() -> None:
    client = _client(login_header="X-Forwarded-User")
    assert client.get("/").status_code == 401
    assert client.get("/", headers={"X-Forwarded-User": ""}).status_code == 401
    assert client.get("/", headers={"X-Forwarded-User": "ann"}).text == "answered"


@pytest.mark.parametrize(
    ("name", "good", "evil"),
    [
        ("Host", "127.0.0.1:3000", "evil.example"),
        ("Origin", OWN, "http://evil.example"),
        ("Content-Type", "application/json", "text/plain"),
        ("X-Forwarded-User", "ann", "admin"),
    ],
)
def test_what_comes_twice_is_nothing_to_judge_by(name: str, good: str, evil: str) -> None:
    needed = {"Host": "127.0.0.1:3000", "Content-Type": "application/json", "X-Forwarded-User": "ann"}
    needed.pop(name, None)
    client = _client(login_header="X-Forwarded-User")
    for values, status in (([good], 200), ([good, evil], 400), ([evil, good], 400)):
        headers = [*needed.items(), *((name, value) for value in values)]
        assert client.post("/graphql", content=b"{}", headers=headers).status_code == status


def test_pages_load_nothing_from_elsewhere_and_stand_in_no_frame() -> None:
    headers = _client().get("/").headers
    assert "img-src 'self' data: blob:;" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
