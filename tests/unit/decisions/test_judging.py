"""Decisions are judged as a set and in order: what is legal, who may, and what counts once."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from retail_assets.config import Settings
from retail_assets.decisions.files import KINDS_BY_NAME
from retail_assets.decisions.kinds import AUTO, Decision, Kind
from retail_assets.decisions.log import NAMED, folded_states
from retail_assets.intake import ledger
from retail_assets.intake.ledger_tables import DROPS, LOADED, QUARANTINED, WITHDRAWN
from tests.unit.decisions.conftest import (
    CLOSED,
    SEEN,
    Log,
    alert_kinds,
    decision,
    taken_back,
    write_alerts,
)

MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


# Order


def test_each_decision_of_a_file_is_judged_after_those_before_it(log: Log) -> None:
    log.record(
        decision(1, "close_alert", "a1", "real", actor="otto"),
        decision(2, "see_alert", "a1"),
        decision(3, "close_alert", "a1", "real", actor="otto"),
        decision(4, "close_alert", "a1", "real", actor="otto"),
        decision(5, "see_alert", "a2"),
    )
    assert log.accepted() == [False, True, True, False, True]
    assert log.entries()["state_after"].to_list() == [None, SEEN, CLOSED, None, SEEN]
    assert log.messages() == [
        "close_alert does not fit: alert a1 is open; it must be seen.",
        "Somebody looks into alert a1.",
        "alert a1 was real.",
        "close_alert does not fit: alert a1 is closed; it must be seen.",
        "Somebody looks into alert a2.",
    ]


def test_later_files_are_judged_after_earlier_ones(log: Log) -> None:
    log.record(decision(1, "see_alert", "a1"))
    log.record(decision(2, "see_alert", "a1"))
    assert log.accepted() == [True, False]


def test_what_does_not_exist_is_refused_by_name(log: Log) -> None:
    log.record(decision(1, "see_alert", "a99"), decision(2, "no_such_kind", "a1"))
    assert log.messages() == [
        "There is no alert a99.",
        "There is no kind no_such_kind; there are close_alert, open_alert, see_alert.",
    ]


@pytest.mark.parametrize(
    ("kind", "verdict", "message"),
    [
        ("close_alert", "perhaps", "close_alert needs a verdict: noise, real; found perhaps."),
        ("close_alert", None, "close_alert needs a verdict: noise, real; found none."),
        ("see_alert", "real", "see_alert takes no verdict; found real."),
    ],
)
def test_a_verdict_that_the_kind_does_not_know_is_refused_with_the_legal_ones(
    log: Log, kind: str, verdict: str | None, message: str
) -> None:
    log.record(decision(1, kind, "a1", verdict, actor="otto"))
    assert log.messages() == [message]
    assert log.accepted() == [False]


# Who


def test_who_has_not_the_role_is_refused_with_the_role(log: Log) -> None:
    log.record(decision(1, "close_alert", "a1", "noise"), decision(2, "see_alert", "a1", actor="stranger"))
    assert log.messages() == [
        "ann may not decide close_alert: it needs the role operations (RETAIL_ROLES).",
        "stranger may not decide see_alert: it needs the role operations or reviewer (RETAIL_ROLES).",
    ]


def test_nobody_decides_as_the_platform_whatever_roles_say(log: Log) -> None:
    log.record(decision(1, "see_alert", "a1", actor=AUTO), roles={AUTO: ["reviewer", "administrator"]})
    assert log.messages() == ["auto is the platform itself: nobody decides under that name."]
    assert log.accepted() == [False]


def test_the_platform_decides_without_a_role_but_not_against_the_rules(own_log: Log) -> None:
    own_log.record(
        decision(1, "see_alert", "a1", actor=AUTO),
        decision(2, "see_alert", "a1", actor=AUTO),
        decision(3, "close_alert", "a1", "perhaps", actor=AUTO),
    )
    assert own_log.accepted() == [True, False, False]


# Once


@pytest.mark.parametrize("in_one_file", [True, False])
def test_the_same_decision_again_is_nothing_new(log: Log, in_one_file: bool) -> None:
    first, undone = decision(1, "close_alert", "a1", "noise", actor="otto"), decision(2, "open_alert", "a1")
    files = [(first, undone, first)] if in_one_file else [(first, undone), (first,)]
    for decisions in files:
        log.record(*decisions)
    assert log.accepted() == [True, True]
    assert log.entries()["decision_id"].to_list() == ["d1", "d2"]


@pytest.mark.parametrize("in_one_file", [True, False])
def test_another_decision_under_a_known_id_is_refused(log: Log, in_one_file: bool) -> None:
    first, other = decision(1, "see_alert", "a1"), decision(1, "see_alert", "a2")
    for decisions in [(first, other, other)] if in_one_file else [(first,), (other,), (other,)]:
        log.record(*decisions)
    assert log.accepted() == [True, False]
    assert log.messages()[1] == "The log has another decision with this id; give it an id of its own."


# The log


def test_the_log_says_in_which_state_things_are(log: Log, kinds: dict[str, Kind]) -> None:
    log.record(
        decision(1, "see_alert", "a1"),
        decision(2, "close_alert", "a1", "real", actor="otto"),
        decision(3, "see_alert", "a2"),
        decision(4, "see_alert", "a2"),
    )
    asked = ["a1", "a2", "a3"]
    assert folded_states(log.connection, kinds=kinds.values(), subjects=asked) == {"a1": CLOSED, "a2": SEEN}
    seen = [kinds["see_alert"]]
    assert folded_states(log.connection, kinds=seen, subjects=asked) == {"a1": SEEN, "a2": SEEN}
    assert folded_states(log.connection, kinds=seen, subjects=[]) == {}


def test_a_file_with_many_decisions_is_a_few_lines(log: Log) -> None:
    lines = log.record(*(decision(n, "see_alert", "a1") for n in range(100)))
    assert lines[0] == "Decision d0 by ann (see_alert a1): accepted. Somebody looks into alert a1."
    assert len(lines) == NAMED + 1
    assert lines[-1] == "0 more decisions accepted, 80 more refused."


def test_ten_thousand_decisions_at_once_are_quick(shelf: tuple[Settings, Engine], tmp_path: Path) -> None:
    table, count = tmp_path / "alerts.parquet", 10_000
    write_alerts(table, 50_000)
    decisions = [decision(n, "see_alert", f"a{n}") for n in range(1, count + 1)]
    with taken_back(shelf[1], alert_kinds(table)) as log:
        started = time.monotonic()
        log.record(*decisions)
        log.record(*(decision(f"again {n}", "see_alert", f"a{n}") for n in range(1, count + 1)))
        assert time.monotonic() - started < 10
        assert sum(log.accepted()) == count
        assert len(log.accepted()) == 2 * count


# All at once is one by one


def _decisions(kinds: list[str], subjects: list[str], verdicts: list[str | None]) -> st.SearchStrategy:
    one = st.builds(
        decision,
        st.integers(1, 12),
        st.sampled_from(kinds),
        st.sampled_from(subjects),
        st.sampled_from(verdicts),
        actor=st.sampled_from(["ann", "otto", AUTO]),
    )
    return st.lists(one, max_size=14)


@MANY
@given(
    decisions=_decisions(
        ["see_alert", "close_alert", "open_alert", "no_such_kind"],
        ["a1", "a2", "a99"],
        ["real", "noise", "perhaps", None],
    ),
    by_platform=st.booleans(),
)
def test_judging_all_at_once_is_judging_one_by_one(
    shelf: tuple[Settings, Engine], kinds: dict[str, Kind], decisions: list[Decision], by_platform: bool
) -> None:
    with taken_back(shelf[1], kinds, by_platform=by_platform) as log:
        log.record(*decisions)
        at_once = log.entries()
    with taken_back(shelf[1], kinds, by_platform=by_platform) as log:
        for one in decisions:
            log.record(one)
        assert log.entries().equals(at_once)


@MANY
@given(
    decisions=_decisions(
        ["release_file", "reload_file", "withdraw_file"], ["1", "2", "3", "4", "x", "99"], [None]
    ),
    states=st.tuples(*[st.sampled_from([LOADED, QUARANTINED, WITHDRAWN])] * 3),
)
def test_decisions_about_files_take_effect_at_once_as_one_by_one(
    shelf: tuple[Settings, Engine], decisions: list[Decision], states: tuple[str, ...]
) -> None:
    found = []
    for files in ([decisions], [[one] for one in decisions]):
        with taken_back(shelf[1], KINDS_BY_NAME, "sales/a.csv", "sales/b.csv", "sales/c.csv") as log:
            given_states = dict(enumerate((LOADED, *states), start=1))
            ledger.record_states(log.connection, given_states, asked_for=False)
            ledger.update_drops(log.connection, {n: {"sha256": f"{n}"} for n in given_states})
            for some in files:
                log.record(*some, roles={"ann": ["operations"], "otto": ["reviewer"]})
            drops = log.connection.execute(DROPS.select().order_by(DROPS.c.sequence)).all()
            found.append((log.entries().rows(), [(drop.state, drop.asked_for) for drop in drops]))
    assert found[0] == found[1]
