"""Behind a login, what a run says about who launched it comes from the login."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from retail_assets.dagster_kit.run_coordinator import LOGIN_TAG
from tests.prepared import copy_platform
from tests.servers import web_server

HEADER = "X-Forwarded-User"
LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId status tags { key value } } }
    ... on PythonError { message }
  }
}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, prepared_platform: Path) -> Iterator[str]:
    folder = copy_platform(prepared_platform, tmp_path_factory.mktemp("login"))
    with web_server(folder, RETAIL_LOGIN_HEADER=HEADER) as address:
        yield address


def _launch(address: str, login: str, tags: dict[str, str]) -> dict:
    params = {
        "selector": {
            "repositoryLocationName": "retail_assets",
            "repositoryName": "__repository__",
            "jobName": "decide_withdraw_file",
        },
        "mode": "default",
        "runConfigData": {"ops": {"withdraw_file": {"config": {"subject": "1"}}}},
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }
    body = json.dumps({"query": LAUNCH, "variables": {"params": params}}).encode()
    headers = {"Content-Type": "application/json", HEADER: login}
    with urllib.request.urlopen(
        urllib.request.Request(f"{address}/graphql", body, headers), timeout=60
    ) as answer:
        return json.load(answer)["data"]["launchRun"]


@pytest.mark.parametrize("claimed", [{}, {LOGIN_TAG: "admin"}])
@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"ann", "ann"),
        ("jürgen".encode(), "jürgen"),
        (b"j\xfcrgen", "jürgen"),
        ("admin\u00a0".encode(), ""),
        (b"admin\xa0", ""),
        ("\ufeffadmin".encode(), ""),
    ],
)
def test_a_run_carries_the_name_of_the_login(
    address: str, claimed: dict[str, str], sent: bytes, name: str
) -> None:
    launched = _launch(address, sent.decode("latin-1"), claimed)
    assert launched["__typename"] == "LaunchRunSuccess"
    tags = {tag["key"]: tag["value"] for tag in launched["run"]["tags"]}
    assert tags[LOGIN_TAG] == name
    assert launched["run"]["status"] == "QUEUED"


def test_no_night_is_launched_that_has_not_come(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        _launch(address, "ann", {"dagster/partition": "9999-12-31"})
    assert b"The night of 9999-12-31 has not come yet" in refused.value.read()
