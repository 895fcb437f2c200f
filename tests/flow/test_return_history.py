"""The history of return cases, against a plain reading of the rules: random events and decisions, folded one by one."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_assets.returns import rules
from retail_assets.returns.decisions import ASSIGN
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Builds, Warehouse

START = datetime(2026, 11, 1, tzinfo=UTC)
WORDS = {
    "status_changed": [*rules.STATUSES, "refunded", None],
    "priority_changed": [*rules.PRIORITIES, "normal"],
    "assigned": ["u-1", "u-2", None, " "],
    "document_added": [*rules.EVIDENCE_KINDS, "photo"],
}
Row = dict[str, Any]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


@pytest.fixture
def lake(warehouse: Warehouse) -> LakeBuilder:
    return LakeBuilder(warehouse.settings.data_dir)


def reference(case: Row | None, entries: Sequence[Row]) -> list[tuple]:
    """The fold as the rules tell it, one entry after the other."""
    if case is None:
        return [(e["id"], "unknown_case", None, None, None) for e in entries]
    judged = [(entry, broken_rule(case, entry)) for entry in entries]
    said = {e["type"] for e, rule in judged if rule is None and e["origin"] == "event"}
    status = (
        rules.FIRST_STATUS if said & {"created", "status_changed"} else case["status"] or rules.FIRST_STATUS
    )
    priority = (
        rules.FIRST_PRIORITY
        if said & {"created", "priority_changed"}
        else case["priority"] or rules.FIRST_PRIORITY
    )
    assigned = None if "assigned" in said else case["assigned_to"]
    found = [(None, None, status, priority, assigned)]
    for entry, rule in judged:
        if (
            rule is None
            and entry["type"] == "status_changed"
            and entry["value"] not in rules.TRANSITIONS[status]
        ):
            rule = "illegal_transition"
        if rule is None:
            match entry["type"]:
                case "status_changed":
                    status = entry["value"]
                case "priority_changed":
                    priority = entry["value"]
                case "assigned":
                    assigned = entry["value"]
        found.append((entry["id"], rule, status, priority, assigned))
    return found


def broken_rule(case: Row, entry: Row) -> str | None:
    what, value = entry["type"], entry["value"]
    if entry["at"] < case["created_at"]:
        return "before_its_case"
    if what == "status_changed" and value not in rules.STATUSES:
        return "unknown_status"
    if what == "priority_changed" and value not in rules.PRIORITIES:
        return "unknown_priority"
    if what == "document_added" and value not in rules.EVIDENCE_KINDS:
        return "unknown_kind_of_document"
    if what == "assigned" and not (value or "").strip():
        return "nobody_named"
    if entry["role"] is None:
        return "role_missing"
    scope = rules.MAY[value if what == "document_added" else what].get(entry["role"])
    if scope is None:
        return "role_may_not"
    owner = case["customer_id"] if entry["role"] == "customer" else case["merchant_id"]
    return "not_their_own" if scope == "own" and entry["actor"] != owner else None


def a_case(rng: random.Random, number: int) -> Row:
    return {
        "case_id": f"R-{number}",
        "created_at": START + timedelta(hours=rng.randrange(200)),
        "customer_id": rng.choice(["C1", "C2", None]),
        "merchant_id": rng.choice(["M1", "M2", None]),
        "status": rng.choice([*rules.STATUSES, None]),
        "priority": rng.choice([*rules.PRIORITIES, None]),
        "assigned_to": rng.choice(["u-9", None]),
    }


def an_event(rng: random.Random, number: int, cases: int) -> Row:
    what = rng.choice(rules.EVENT_TYPES)
    return {
        "id": f"E-{number:04}",
        "origin": "event",
        "case_id": f"R-{rng.randrange(cases + 1)}",  # one of them is unknown
        # Often at the very same moment, often before the case.
        "at": START + timedelta(hours=rng.randrange(300)),
        "type": what,
        "value": rng.choice(WORDS.get(what, [None, "x"])),
        "actor": rng.choice(["C1", "C2", "M1", "u-1", None]),
        "role": rng.choice([*rules.ROLES, *["ops"] * 4, None]),
    }


def as_row(event: Row, rng: random.Random) -> Row:
    value, payload = event["value"], event["value"]
    if value and rng.random() < 0.5:
        key = {"status_changed": "status", "priority_changed": "priority", "assigned": "assigned_to"}
        # Some sources tell what else holds of the case then.
        others = {"status": "rejected", "priority": "low", "assigned_to": "u-7"} if rng.random() < 0.5 else {}
        payload = json.dumps(others | {rng.choice(["to", key.get(event["type"], "kind")]): value})
    return {
        "event_id": event["id"],
        "case_id": event["case_id"],
        "at": event["at"],
        "type": event["type"],
        "actor": event["actor"],
        "actor_role": event["role"],
        "payload": payload,
    }


def a_decision(rng: random.Random, number: int, cases: int) -> Row:
    verdict = rng.choice([*rules.STATUSES, *rules.PRIORITIES, ASSIGN])
    what = "status_changed" if verdict in rules.STATUSES else "priority_changed"
    return {
        "id": f"D-{number:04}",
        "origin": "decision",
        "case_id": f"R-{rng.randrange(cases)}",
        "at": START + timedelta(hours=rng.randrange(300)),
        "type": "assigned" if verdict == ASSIGN else what,
        "value": "u-5" if verdict == ASSIGN else verdict,
        "actor": "ann",
        "role": "ops",
    }


def decide(lake: LakeBuilder, decision: Row, *, accepted: bool = True) -> None:
    assigns = decision["type"] == "assigned"
    lake.decide(
        "change_case",
        decision["case_id"],
        ASSIGN if assigns else decision["value"],
        decision_id=decision["id"],
        at=decision["at"],
        payload='{"assigned_to": "u-5"}' if assigns else None,
        accepted=accepted,
    )


def expected(cases: Sequence[Row], events: Sequence[Row]) -> list[tuple]:
    known = {case["case_id"]: case for case in cases}
    found = []
    for case_id in {*known, *(event["case_id"] for event in events)}:
        own = sorted(
            (e for e in events if e["case_id"] == case_id),
            key=lambda e: (e["at"], e["origin"] == "decision", e["id"]),
        )
        found += [(case_id, *row) for row in reference(known.get(case_id), own)]
    return sorted(found, key=str)


def built(warehouse: Warehouse, lake: LakeBuilder, as_of: date = AS_OF) -> list[tuple]:
    lake.write_ledger()
    warehouse.build("+return_case_history", as_of=as_of)
    query = (
        "select case_id, entry_id, broken_rule, status, priority, assigned_to from marts.return_case_history"
    )
    return sorted(warehouse.rows(query), key=str)


def test_it_is_what_the_rules_say(warehouse: Warehouse, lake: LakeBuilder) -> None:
    rng = random.Random(7)
    cases = [a_case(rng, number) for number in range(60)]
    events = [an_event(rng, number, len(cases)) for number in range(900)]
    first, later = events[:700], events[700:]
    lake.load("return_cases", cases[:50])
    lake.load("return_events", [as_row(event, rng) for event in first])
    assert built(warehouse, lake) == expected(cases[:50], first)

    lake.load("return_cases", cases[50:])
    lake.load("return_events", [as_row(event, rng) for event in later])
    lake.load("return_events", [as_row(event, rng) for event in first[:50]])  # replayed
    decisions = [a_decision(rng, number, len(cases)) for number in range(80)]
    for decision in decisions:
        decide(lake, decision)
    decide(lake, decisions[0] | {"id": "D-refused"}, accepted=False)
    again = built(warehouse, lake)
    assert again == expected(cases, [*events, *decisions])
    rules_seen = {row[2] for row in again}
    assert len(rules_seen) == 11, rules_seen


@pytest.mark.parametrize(
    "payload", ["u-5", "{assigned_to: 'u-5'}", '{"assigned_to": "\\ud800"}', "", "[]", '{"to": "u-5"}']
)
def test_a_decision_that_names_nobody_stops_nothing(
    warehouse: Warehouse, lake: LakeBuilder, payload: str
) -> None:
    lake.load("return_cases", [{"case_id": "R-1", "created_at": START}])
    lake.decide("change_case", "R-1", ASSIGN, decision_id="D-1", at=START, payload=payload)
    assert ("R-1", "D-1", "nobody_named", "submitted", "medium", None) in built(warehouse, lake)


def test_a_decision_that_is_dated_after_the_night_waits(warehouse: Warehouse, lake: LakeBuilder) -> None:
    lake.load("return_cases", [{"case_id": "R-1", "created_at": START}])
    for number, at in enumerate((AS_OF + timedelta(days=1), date(9999, 12, 31))):
        moment = datetime.combine(at, time(23, 59), UTC)
        lake.decide("change_case", "R-1", "low", decision_id=f"D-{number}", at=moment)
    beginning = ("R-1", None, None, "submitted", "medium", None)
    assert built(warehouse, lake) == [beginning]
    # In the retailer's zone the first is of the day after.
    assert built(warehouse, lake, AS_OF + timedelta(days=1)) == [beginning]
    assert ("R-1", "D-0", None, "submitted", "low", None) in built(warehouse, lake, AS_OF + timedelta(days=2))


def test_its_day_brings_a_decision_that_waited(tmp_path: Path) -> None:
    lake = LakeBuilder(tmp_path)
    builds = Builds(lake, "return_case_history")
    lake.load("return_cases", [{"case_id": "R-1", "created_at": START}])
    tomorrow = AS_OF + timedelta(days=1)
    decision = {"decision_id": "D-1", "at": datetime.combine(tomorrow, time(12), UTC), "actor": "ann"}
    lake.load("decisions", [decision | {"kind": "change_case", "subject": "R-1", "verdict": "low"}])
    lake.decide("change_case", "R-1", "low", **decision)
    lake.write_ledger()
    for as_of, is_built in ((AS_OF, True), (AS_OF, False), (tomorrow, True)):
        builds.build(as_of=as_of)
        assert ("return_case_history" in builds.rebuilt) == is_built


def test_a_name_as_long_as_a_text_is_nobodys(warehouse: Warehouse, lake: LakeBuilder) -> None:
    """All that happens afterwards would repeat it."""
    lake.load("return_cases", [{"case_id": "R-1", "created_at": START}])
    for number, length in enumerate((rules.NAME_CHARACTERS, rules.NAME_CHARACTERS + 1)):
        payload = json.dumps({"assigned_to": str(number) * length})
        lake.decide("change_case", "R-1", ASSIGN, decision_id=f"D-{number}", at=START, payload=payload)
    name = "0" * rules.NAME_CHARACTERS
    assert {row[1:3] + row[5:] for row in built(warehouse, lake) if row[1]} == {
        ("D-0", None, name),
        ("D-1", "nobody_named", name),
    }
