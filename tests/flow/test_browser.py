"""The UI in Chromium after hostile drops: what came from outside is text, nothing is loaded, nothing is launched."""

import json
import shutil
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import dagster as dg
import pytest

from retail_assets.config import Settings
from retail_assets.dagster_kit.private import opened_instance
from retail_assets.definitions import build_defs
from retail_assets.flows import platform_of
from tests.conftest import unavailable
from tests.faults.night import NIGHT, drop
from tests.prepared import copy_platform, require_success, start
from tests.servers import web_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

ORDER = '/graphql?query=mutation{launchRun(executionParams:{selector:{jobName:"nightly"}}){__typename}}'
MARKS = (
    f"![]({ORDER})",
    "![x](http://evil.example/picture.png)",
    "<img src=http://evil.example/tag.png onerror=alert(1)>",
    "[mend](http://evil.example/link)",
    "http://evil.example/bare www.evil.example <script>alert(1)</script>",
    r"http\://evil.example &#119;ww.evil.example bookkeeping&#64;evil.example",
)
LEDGER, LEDGER_CHECKS = (
    "/assets/intake/ledger",
    ("nothing_is_lost", "mappings_load", "decisions_accepted"),
)
DECIDED = MARKS[1:3]
PAGE_SECONDS = 30
LOOK_MS, CALM_LOOKS = 50, 6


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _drop_hostile(folder: Path) -> None:
    for number, mark in enumerate(MARKS):
        name = mark.replace("/", "_")
        # A header that no mapping knows, a file that none reads, cells that are refused and cells that are kept.
        drop(folder, "stores", f"{name}.csv", f"store_id,name,{_quoted(mark)}\nS{number},{_quoted(mark)},1\n")
        drop(folder, "sales", f"{name}.csv", f"{_quoted(mark)},b\n1,2\n")
        head = "product_id,name,category,list_price\n"
        drop(
            folder,
            "products",
            f"{name}.csv",
            f"{head}P{number},{_quoted(mark)},{_quoted(mark)},{_quoted(mark)}\n",
        )
        drop(folder, "products", f"{name}.parquet", mark)
        cells = ",".join([_quoted(mark)] * 4)
        head = "case_id,merchant_id,return_reason,customer_message,created_at\n"
        drop(folder, "return_cases", f"{name}.csv", f"{head}{cells},{NIGHT}T00:00:00Z\n")
        documents = folder / "data" / "inbox" / "returns" / name / "evidence"
        documents.mkdir(parents=True)
        (documents / f"{name}.txt").write_text(mark)
        photos = folder / "data" / "inbox" / "refunds"
        photos.mkdir(parents=True, exist_ok=True)
        (photos / f"{name}.jpg").write_text(mark)
        (folder / "data" / "inbox" / name).mkdir()
        (folder / "data" / "sources" / f"{name}.yaml").write_text(f"version: {_quoted(mark)}\n")
    decided = folder / "data" / "inbox" / "decisions"
    decided.mkdir(parents=True, exist_ok=True)
    entries = [
        {
            "decision_id": mark,
            "at": f"{NIGHT}T08:00:00Z",
            "actor": mark,
            "kind": mark,
            "subject": mark,
            "reason": mark,
        }
        for mark in MARKS
    ]
    (decided / "decided.json").write_text(json.dumps(entries))


@dataclass
class Seen:
    """What happened in the browser."""

    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    linked: list[str] = field(default_factory=list)


def _decide(folder: Path) -> None:
    """Runs that fail with a sentence: decisions about what does not exist."""
    platform = platform_of(Settings(data_dir=folder / "data", dagster_home=folder / "dagster"))
    jobs = build_defs(platform).get_repository_def()
    with opened_instance(platform.settings.dagster_home) as instance:
        for mark in DECIDED:
            job = jobs.get_job("decide_withdraw_file")
            config = {"ops": {"withdraw_file": {"config": {"subject": mark}}}}
            assert not job.execute_in_process(config, instance, raise_on_error=False).success


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, prepared_platform: Path) -> Path:
    folder = copy_platform(prepared_platform, tmp_path_factory.mktemp("hostile"))
    _drop_hostile(folder)
    require_success("nightly", folder, start("nightly", folder, "--as-of", NIGHT))
    _decide(folder)
    return folder


@pytest.fixture(scope="module")
def address(hostile: Path) -> Iterator[str]:
    with web_server(hostile) as address:
        yield address


def _ask(address: str, query: str) -> dict:
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PAGE_SECONDS) as answer:
        return json.load(answer)["data"]


def _runs(address: str) -> list[dict]:
    return _ask(address, "{runsOrError{...on Runs{results{runId status}}}}")["runsOrError"]["results"]


def _told_from_outside(folder: Path) -> list[list[str]]:
    """Keys of the assets whose events say something that came from outside: other pages have nothing of it to show."""
    with opened_instance(folder / "dagster") as instance:
        [night] = instance.get_runs(dg.RunsFilter(job_name="nightly"))
        events = [entry.dagster_event for entry in instance.all_logs(night.run_id) if entry.dagster_event]
    keys = {
        event.asset_key
        for event in events
        if event.asset_key and "evil" in f"{event.message} {event.event_specific_data}"
    }
    return sorted(list(key.path) for key in keys)


@pytest.fixture(scope="module")
def seen(hostile: Path, address: str) -> Seen:
    """The page of every asset that tells something from outside, the checks of feeds, the runs and the log of one,
    opened one after the other."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        unavailable("Chromium is not installed; `make setup` as root or with sudo installs it.")
    from playwright.sync_api import sync_playwright

    keys = _told_from_outside(hostile)
    runs = {f"/runs/{run['runId']}": run["status"] for run in _runs(address)}
    assets = ["/assets/" + "/".join(quote(part) for part in key) for key in keys]
    pages = [*assets, *(f"{page}?view=checks" for page in assets if page.startswith("/assets/feeds/"))]
    pages += [f"{LEDGER}?view=checks&checkDetail={name}" for name in LEDGER_CHECKS]
    pages += ["/assets", "/runs", *runs]
    seen, waiting = Seen(), set()
    with sync_playwright() as playwright:
        # Root may not use Chromium's sandbox; the pages are our own.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 4000})
        page.on("request", lambda request: seen.asked.append(f"{request.method} {request.url}"))
        page.on("dialog", lambda dialog: seen.dialogs.append(dialog.message))
        page.on("request", lambda request: waiting.add(request))
        page.on("requestfinished", lambda request: waiting.discard(request))
        page.on("requestfailed", lambda request: waiting.discard(request))
        page.goto(address, timeout=PAGE_SECONDS * 1000)
        for path in pages:
            # As a click on a link does it: the page changes without being loaded anew.
            page.evaluate(
                "path => {history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate'))}",
                path,
            )
            _settle(page, waiting)
            if runs.get(path) == "FAILURE":  # its log comes through a socket
                page.get_by_text("events.Failure:").first.wait_for(timeout=PAGE_SECONDS * 1000)
            seen.texts[path] = page.inner_text("body")
            seen.linked += page.eval_on_selector_all(
                "[src], a[href]", "all => all.map(one => one.getAttribute('src') || one.getAttribute('href'))"
            )
        browser.close()
    return seen


def _settle(page: "Page", waiting: set) -> None:
    """Wait until nothing has been asked for some moments, and the page has nothing to do."""
    until, calm = time.monotonic() + PAGE_SECONDS, 0
    while calm < CALM_LOOKS and time.monotonic() < until:
        page.wait_for_timeout(LOOK_MS)
        # On a busy machine a page may work on an answer for longer than that before it asks on.
        page.evaluate("() => new Promise(done => requestIdleCallback(done))")
        calm = 0 if waiting else calm + 1


def test_nothing_is_asked_of_another_place(seen: Seen, address: str) -> None:
    own = (f"{address}/", "data:", "blob:")
    assert seen.asked
    assert not [one for one in seen.asked if not one.partition(" ")[2].startswith(own)]
    assert not [one for one in seen.asked if one.startswith("GET") and "/graphql" in one]


def test_no_text_from_outside_becomes_a_link_or_a_picture(seen: Seen) -> None:
    assert seen.linked
    assert not [one for one in seen.linked if "evil" in one or "mutation" in one]
    assert not seen.dialogs


def test_the_texts_were_there_to_be_read(seen: Seen) -> None:
    """Else the other tests would have seen nothing."""
    for asset in (
        "feeds/stores",
        "feeds/products",
        "feeds/sales",
        "feeds/return_cases",
        "marts/return_cases",
        "intake/ledger",
    ):
        assert "evil.example" in seen.texts[f"/assets/{asset}"].replace("\u2060", ""), asset
    for name in LEDGER_CHECKS:
        assert "evil.example" in seen.texts[f"{LEDGER}?view=checks&checkDetail={name}"].replace("\u2060", "")
    assert sum(
        "evil.example" in text for page, text in seen.texts.items() if page.startswith("/runs/")
    ) >= len(DECIDED)


def test_nothing_was_launched(seen: Seen, address: str) -> None:
    assert len(_runs(address)) == 1 + len(DECIDED)
