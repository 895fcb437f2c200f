"""Dagster's own routes behind the guard: by GET nothing is executed, however its path is written."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from retail_assets.web.server import GuardedWebserver


@pytest.fixture(scope="module")
def client() -> TestClient:
    nothing_to_work_on: Any = None
    app = GuardedWebserver(nothing_to_work_on).create_asgi_app()
    return TestClient(app, base_url="http://127.0.0.1:3000", raise_server_exceptions=False)


@pytest.mark.parametrize(
    "path",
    [
        "/graphql?query=mutation{launchRun}",
        "/graphql?%71uery=mutation{launchRun}",
        "/graphql?query={version}",
        "/graphql%0a?query={version}",
        "/%67raphql?query={version}",
    ],
)
@pytest.mark.parametrize("accept", ["image/*", "text/html"])
def test_no_picture_is_an_order(client: TestClient, path: str, accept: str) -> None:
    assert client.get(path, headers={"accept": accept}).status_code == 405
    assert client.head(path, headers={"accept": accept}).status_code == 405


def test_the_page_for_queries_is_shown(client: TestClient) -> None:
    assert "GraphiQL" in client.get("/graphql", headers={"accept": "text/html"}).text
