"""What is handed out about closed cases: a JSON file for each, written when its case changes."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_assets.intake.identity import require_same_platform
from retail_assets.warehouse.places import folder_name
from retail_assets.warehouse.publication import publish
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Builds

NIGHT = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 1, tzinfo=UTC)
HOSTILE = ["../../x", "x" * 300, "a/b", "R\0", "Zoë ☕"]
MARTS = ("return_case_audits", "ops_queue")


class Retailer:
    def __init__(self, folder: Path) -> None:
        self.lake = LakeBuilder(folder)
        self.builds = Builds(self.lake, *MARTS)
        require_same_platform(self.lake.platform.settings)
        self.events = 0

    def open_case(self, *cases: str, **values: Any) -> None:
        created = NIGHT - timedelta(days=9)
        rows = [{"case_id": case, "created_at": created, "customer_id": "C1", **values} for case in cases]
        self.lake.load("return_cases", rows)

    def event(self, case: str, what: str, payload: str, *, role: str = "ops", hours: int = 0) -> int:
        self.events += 1
        return self.lake.load("return_events", [
            {"event_id": f"E{self.events}", "case_id": case, "at": NIGHT - timedelta(days=5) + timedelta(hours=hours),
             "type": what, "actor": "u-1", "actor_role": role, "payload": payload}
        ])  # fmt: skip

    def night(self) -> dict[str, Path]:
        """The files of the release that is published then."""
        self.lake.write_ledger()
        self.builds.build(now=NIGHT)
        publish(platform=self.lake.platform, as_of=AS_OF, run_id="night")
        return {path.name: path for path in self.folder.iterdir()}

    @property
    def folder(self) -> Path:
        return self.lake.platform.lake.published.resolve() / "operations" / "audit"


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    """`R-1` and `R-2` are closed, `R-3` is not."""
    retailer = Retailer(tmp_path_factory.mktemp("audits"))
    retailer.open_case("R-1", "R-2", "R-3", order_value=40, currency="EUR")
    for case in ("R-1", "R-2"):
        retailer.event(case, "status_changed", "in_review")
        retailer.event(case, "status_changed", "approved", hours=3)
    retailer.event("R-1", "status_changed", "rejected", hours=4)
    retailer.lake.load("return_notes", [
        {"note_id": "N1", "case_id": "R-1", "at": NIGHT - timedelta(days=5, hours=-1), "author": "u-1",
         "author_role": "ops", "internal": True, "text": 'He said "no"\n\u2028</script>'}
    ])  # fmt: skip
    return retailer


def test_a_closed_case_has_one_with_its_trail_in_order(retailer: Retailer) -> None:
    files = retailer.night()
    assert files.keys() >= {"R-1.json", "R-2.json"} and "R-3.json" not in files
    audit = json.loads(files["R-1.json"].read_text())
    assert (audit["status"], audit["order_value"], audit["created_at"]) == (
        "approved", 40, "2026-11-11T01:00:00.000000Z"
    )  # fmt: skip
    trail = [
        (entry["origin"], entry["type"], entry["detail"], entry["broken_rule"]) for entry in audit["trail"]
    ]
    assert trail == [
        ("event", "status_changed", "in_review", None),
        ("note", "internal_note", 'He said "no"\n\u2028</script>', None),
        ("event", "status_changed", "approved", None),
        ("event", "status_changed", "rejected", "illegal_transition"),
    ]
    assert stat.S_IMODE(retailer.folder.stat().st_mode) == 0o700, "for operations alone"
    assert stat.S_IMODE(files["R-1.json"].stat().st_mode) == 0o444


def test_what_happened_at_the_same_moment_stands_as_it_was_folded(retailer: Retailer) -> None:
    retailer.open_case("R-4")
    retailer.event("R-4", "status_changed", "waiting_customer")
    retailer.lake.decide("change_case", "R-4", "approved", decision_id="D1", at=NIGHT - timedelta(days=5))
    trail = json.loads(retailer.night()["R-4.json"].read_text())["trail"]
    assert [(entry["origin"], entry["status_after"]) for entry in trail] == [
        ("event", "waiting_customer"), ("decision", "approved")
    ]  # fmt: skip


def test_only_that_of_a_case_that_changed_is_written_again(retailer: Retailer) -> None:
    before = {name: path.stat().st_ino for name, path in retailer.night().items()}
    retailer.event("R-2", "document_added", "evidence", hours=9)
    files = retailer.night()
    assert files.keys() == before.keys()
    assert {name for name, path in files.items() if path.stat().st_ino != before[name]} == {"R-2.json"}
    assert [entry["type"] for entry in json.loads(files["R-2.json"].read_text())["trail"]][
        -1
    ] == "document_added"


def test_a_case_that_is_not_closed_any_more_has_none(retailer: Retailer) -> None:
    closed = retailer.event("R-3", "status_changed", "rejected")
    assert "R-3.json" in retailer.night()
    retailer.lake.withdraw(closed)
    assert "R-3.json" not in retailer.night()


def test_ids_that_cannot_name_a_file_are_replaced(retailer: Retailer) -> None:
    retailer.open_case(*HOSTILE, status="approved")
    for case in HOSTILE:
        retailer.event(case, "status_changed", "approved")
    around = {path.name for path in retailer.lake.platform.lake.root.iterdir()}
    files = retailer.night()
    for case in HOSTILE:
        name = f"{folder_name(case)}.json"
        assert name.startswith("id-") and json.loads(files[name].read_text())["case_id"] == case
    assert {path.name for path in retailer.lake.platform.lake.root.iterdir()} == around


def test_the_same_cases_give_the_same_bytes(retailer: Retailer) -> None:
    before = {name: path.read_bytes() for name, path in retailer.night().items()}
    shared = retailer.lake.platform.lake.row_files
    for file in shared.rglob("*.*"):
        file.unlink()
    retailer.open_case("R-9")  # so that there is something to publish
    assert {name: path.read_bytes() for name, path in retailer.night().items()} == before
