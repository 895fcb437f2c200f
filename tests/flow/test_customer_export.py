"""A customer's own view of their cases, from a release full of what is none of their business."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retail_assets.intake.identity import require_same_platform
from retail_assets.platform import Platform
from retail_assets.returns.commands import main
from retail_assets.returns.tables import ESCALATION_SCORES
from retail_assets.warehouse.publication import publish
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Builds

NIGHT = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 1, tzinfo=UTC)
SECRETS = (
    "planted",
    "C2",
    "u-61",
    "u-9",
    "R-other",
    "M-secret",
    "0.87654",
    "escalat",
    "risk",
    "reason_code",
    "assign",
)


def at(hours: int) -> datetime:
    return NIGHT - timedelta(days=3) + timedelta(hours=hours)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    lake = LakeBuilder(tmp_path_factory.mktemp("export"))
    require_same_platform(lake.platform.settings)
    lake.load("return_cases", [
        {"case_id": case, "created_at": at(0), "customer_id": customer, "merchant_id": "M-secret", "order_value": 40,
         "currency": "EUR", "customer_message": message, "assigned_to": "u-9"}
        for case, customer, message in (("R-own", "C1", "Too small"), ("R-other", "C2", "planted by another"))
    ])  # fmt: skip
    events = [
        ("R-own", at(0), "created", "C1", "customer", None),
        ("R-own", at(1), "status_changed", "u-61", "ops", "in_review"),
        ("R-own", at(2), "assigned", "u-61", "ops", "u-61"),
        ("R-own", at(3), "escalated", "u-61", "ops", "planted reason"),
        ("R-own", at(4), "document_added", "C1", "customer", "evidence"),
        ("R-own", at(5), "document_added", "M-secret", "merchant", "response"),
        ("R-own", at(6), "status_changed", "C1", "customer", "approved"),  # they may not
        ("R-own", at(7), "note_added", "u-61", "ops", "planted in a payload"),
        ("R-other", at(1), "status_changed", "u-61", "ops", "rejected"),
    ]
    lake.load("return_events", [
        {"event_id": f"E{number}", "case_id": case, "at": when, "type": what, "actor": actor, "actor_role": role,
         "payload": payload}
        for number, (case, when, what, actor, role, payload) in enumerate(events)
    ])  # fmt: skip
    lake.load("return_notes", [
        {"note_id": f"N{number}", "case_id": case, "at": at(8), "author": "u-61", "author_role": "ops",
         "internal": internal, "text": text}
        for number, (case, internal, text) in enumerate(
            [("R-own", True, "planted inside"), ("R-own", False, "We look at it."), ("R-other", False, "planted")]
        )
    ])  # fmt: skip
    score = dict.fromkeys(ESCALATION_SCORES.columns) | {
        "case_id": "R-own", "scored_on": AS_OF, "scored_at": at(9), "scored_moment": at(5), "score": 0.87654,
        "label": "planted label", "model_version": "planted",
    }  # fmt: skip
    lake.part("escalation_scores", AS_OF.isoformat(), [score])
    lake.write_ledger()
    Builds(lake, "return_cases", "return_audit_trail", "ops_queue").build(now=NIGHT)
    publish(platform=lake.platform, as_of=AS_OF, run_id="night")
    return lake.platform


def test_it_holds_their_cases_and_nothing_that_is_not_theirs(platform: Platform, tmp_path: Path) -> None:
    out = tmp_path / "view.json"
    assert main(platform, ["export", "--customer", "C1", "--out", str(out)]) == 0
    text = out.read_text()
    view = json.loads(text)
    assert view["customer_id"] == "C1"
    [case] = view["cases"]
    assert (case["case_id"], case["status"], case["customer_message"], case["order_value"]) == (
        "R-own", "in_review", "Too small", 40
    )  # fmt: skip
    assert case["sla_due_at"] == (at(120)).isoformat().replace("+00:00", "Z")
    assert [(entry["what"], *list(entry.values())[2:]) for entry in case["history"]] == [
        ("created",), ("status_changed", "in_review"), ("document_added", "evidence"), ("document_added", "response"),
        ("note", "ops", "We look at it."),
    ]  # fmt: skip
    assert [secret for secret in SECRETS if secret in text] == []
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_what_cannot_be_is_a_sentence(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(platform: Platform, customer: str, out: Path) -> str:
        assert main(platform, ["export", "--customer", customer, "--out", str(out)]) == 1
        return capsys.readouterr().err

    assert "No published return case is of customer C9." in said(platform, "C9", tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()
    assert "name another file with --out" in said(platform, "C1", tmp_path / "no folder" / "view.json")
    nothing = LakeBuilder(tmp_path / "empty").platform
    assert "run `make nightly`, then export again" in said(nothing, "C1", tmp_path / "none.json")
