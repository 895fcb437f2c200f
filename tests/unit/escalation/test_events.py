"""What happened to a case until its moment of scoring, however the log came."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ml.escalation.events import activity, is_outcome, read_events
from tests.unit.escalation.conftest import NOW, make


def written(folder: Path, *rows: dict) -> Path:
    path = folder / "events.parquet"
    filled = [
        {"event_id": f"E{n}", "case_id": "C0", "at": NOW, "type": "note_added", "payload": "{}", **row}
        for n, row in enumerate(rows)
    ]
    pl.from_dicts(filled, infer_schema_length=None).write_parquet(path)
    return path


def after(hours: float, what: str, **payload: str) -> dict:
    said = "{" + ", ".join(f'"{key}": "{value}"' for key, value in payload.items()) + "}"
    return {"at": NOW + timedelta(hours=hours), "type": what, "payload": said}


def state(folder: Path, *rows: dict, **case: object) -> dict:
    return activity(make([case]), read_events(written(folder, *rows))).row(0, named=True)


def test_what_happened_so_far_is_counted(tmp_path: Path) -> None:
    found = state(
        tmp_path,
        after(0, "created"),
        after(1, "assigned", to="u1"),
        after(2, "status_changed", status="in_review"),
        after(3, "assigned", assigned_to="u2"),
        after(4, "document_added", kind="evidence"),
        after(5, "document_added", kind="response"),
        after(6, "priority_changed", to="HIGH"),
        after(7, "note_added"),
        priority="low",
    )
    assert found == {
        "case_id": "C0",
        "moment": NOW + timedelta(hours=7),
        "priority": "high",
        "assigned_to": "u2",
        "evidence": 1,
        "responses": 1,
        "status_changes": 1,
        "reassignments": 1,
        "notes": 1,
    }


def test_neither_scores_nor_outcomes_move_the_moment(tmp_path: Path) -> None:
    steps = (after(1, "note_added"), after(2, "risk_scored"), after(3, "escalated"), after(4, "note_added"))
    assert state(tmp_path, *steps)["moment"] == NOW + timedelta(hours=1)
    steps = (after(1, "note_added"), after(3, "status_changed", to="approved"), after(4, "note_added"))
    found = state(tmp_path, *steps)
    assert (found["moment"], found["notes"], found["status_changes"]) == (NOW + timedelta(hours=1), 1, 0)


def test_nothing_after_a_missed_due_time_tells_that_it_was_missed(tmp_path: Path) -> None:
    late = state(tmp_path, after(71, "note_added"), after(73, "note_added"), priority="high")
    assert (late["moment"], late["notes"]) == (NOW + timedelta(hours=71), 1)
    calmed = (after(20, "priority_changed", to="low"), after(200, "note_added"), after(241, "note_added"))
    assert state(tmp_path, *calmed, priority="low")["moment"] == NOW + timedelta(hours=200)
    hurried = (after(20, "priority_changed", to="urgent"), after(24, "note_added"), after(25, "note_added"))
    assert state(tmp_path, *hurried)["moment"] == NOW + timedelta(hours=24)


def test_events_before_their_case_count_from_its_opening(tmp_path: Path) -> None:
    found = state(tmp_path, after(-50, "note_added"))
    assert (found["moment"], found["notes"]) == (NOW, 1)


def test_clocks_that_run_backwards_and_replays_change_nothing(tmp_path: Path) -> None:
    steps = [after(hour, "assigned", to=f"u{hour}") | {"event_id": f"E{hour}"} for hour in (1, 2, 3)]
    plain = state(tmp_path, *steps)
    assert state(tmp_path, *reversed(steps)) == plain
    again = [step | {"event_id": f"again-{n}"} for n, step in enumerate(steps)]
    assert state(tmp_path, *steps, *steps, *again) == plain


def test_an_event_counts_at_the_earliest_of_its_times(tmp_path: Path) -> None:
    again = [after(hours, "note_added") | {"event_id": "E1"} for hours in (900, 3, 700)]
    assert state(tmp_path, *again)["moment"] == NOW + timedelta(hours=3)


def test_a_payload_may_say_more_than_what_changed(tmp_path: Path) -> None:
    said = {"status": "in_review", "priority": "high", "assigned_to": "u2"}
    found = state(tmp_path, after(1, "priority_changed", **said), after(2, "assigned", **said))
    assert (found["priority"], found["assigned_to"]) == ("high", "u2")


def test_a_case_without_events_is_scored_at_its_opening(tmp_path: Path) -> None:
    cases = make([{"priority": "low"}, {"priority": "high", "case_id": "other"}])
    events = read_events(written(tmp_path, after(1, "note_added")))
    found = activity(cases, events)
    assert found["moment"].to_list() == [NOW + timedelta(hours=1), NOW]
    assert_frame_equal(activity(cases, None)[[1]], found[[1]])


def test_payloads_may_be_nested_columns(tmp_path: Path) -> None:
    found = state(tmp_path, {"type": "priority_changed", "payload": {"to": "urgent"}})
    assert found["priority"] == "urgent"


@pytest.mark.parametrize(
    "payload", ["approved", " approved ", '{"status": "approved"}', '{"to": "approved"}']
)
def test_a_payload_is_the_value_itself_or_an_object_that_holds_it(payload: str, tmp_path: Path) -> None:
    said = {"type": "status_changed", "payload": payload}
    [ends] = read_events(written(tmp_path, said)).filter(is_outcome()).to_dicts()
    assert ends["to"] == "approved"
    found = state(tmp_path, {"type": "document_added", "payload": "response"})
    assert (found["evidence"], found["responses"]) == (0, 1)


@pytest.mark.parametrize("payload", ["", " ", "[1]", '{"to": ', None])
def test_of_a_payload_that_holds_no_value_nothing_is_known(payload: str | None, tmp_path: Path) -> None:
    found = state(tmp_path, {"type": "priority_changed", "payload": payload}, priority="low")
    assert (found["priority"], found["moment"]) == ("low", NOW)
