"""Features: what each says of a case, and that nothing later than the moment of scoring changes any."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ml.escalation.contract import UnknownContract, contract
from ml.escalation.events import EVENTS
from ml.escalation.features import case_features
from tests.unit.escalation.conftest import NOW, make

HOURS = st.integers(-100, 100)
CASES = st.lists(
    st.fixed_dictionaries(
        {
            "created_at": HOURS.map(lambda hours: NOW + timedelta(hours=hours)),
            "customer_id": st.sampled_from(["K1", "K2", None]),
            "merchant_id": st.sampled_from(["M1", None]),
            "priority": st.sampled_from(["low", "urgent", "strange"]),
            "escalated": st.sampled_from([True, False, None]),
        }
    ),
    min_size=1,
    max_size=8,
)
TYPES = ["created", "assigned", "status_changed", "document_added", "note_added", "escalated", "risk_scored"]
EVENT = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["C0", "C1", "C9"]),
        "at": HOURS.map(lambda hours: NOW + timedelta(hours=hours)),
        "type": st.sampled_from(TYPES),
        "actor_role": st.just("ops"),
        "kind": st.sampled_from(["evidence", "response", None]),
        "to": st.sampled_from(["in_review", "approved", None]),
    }
)


def features(cases: pl.DataFrame, version: int = 2, **given: pl.DataFrame | None) -> pl.DataFrame:
    return case_features(cases, contract=contract(version), **given)


def first(row: dict, version: int = 2) -> dict:
    return features(make([row]), version).row(0, named=True)


@settings(deadline=None, max_examples=40)
@given(CASES, CASES, st.lists(EVENT, max_size=8), st.lists(EVENT, max_size=4))
def test_the_future_changes_nothing(past: list, future: list, events: list, later: list) -> None:
    cases = make(past)
    log = pl.DataFrame(events, EVENTS)
    known = features(cases, events=log)
    last = max([*known["moment"], *cases["created_at"]])
    others = make(
        [
            row | {"case_id": f"F{n}", "created_at": last + abs(row["created_at"] - NOW)}
            for n, row in enumerate(future)
        ]
    )
    turned = cases.with_columns(~pl.col("escalated"))
    assert_frame_equal(features(turned, events=log, known=others), known)
    more = pl.DataFrame(
        [one | {"at": last + timedelta(hours=200), "type": "risk_scored"} for one in later], EVENTS
    )
    assert_frame_equal(features(turned, events=pl.concat([log, more])), known)


@settings(deadline=None, max_examples=40)
@given(CASES)
def test_known_cases_count_like_those_that_are_asked_about(rows: list) -> None:
    cases = make(rows)
    for one in range(len(cases)):
        assert_frame_equal(features(cases[[one]], known=cases), features(cases)[[one]])


def test_earlier_cases_are_counted() -> None:
    hours = [-1500, -30, -0.5, 0, 0]
    rows = [{"created_at": NOW + timedelta(hours=h), "customer_id": "K", "merchant_id": "M"} for h in hours]
    found = features(make(rows))
    assert found["cases_1h"].to_list() == [0, 0, 0, 1, 1]
    assert found["cases_1d"].to_list() == [0, 0, 0, 1, 1]
    assert found["customer_id_cases_60d"].to_list() == [0, 0, 1, 2, 2]
    assert found["prior_returns"].to_list() == [0, 1, 2, 3, 3]
    assert found["merchant_id_hours_since_last"].to_list() == [1440, 1440, 29.5, 0.5, 0.5]


def test_a_customer_who_is_not_known_has_no_history() -> None:
    found = features(make([{}, {"created_at": NOW + timedelta(hours=1)}])).row(1, named=True)
    assert found["customer_id_missing"]
    assert found["prior_returns"] is None
    assert found["customer_id_hours_since_last"] is None


@pytest.mark.parametrize(
    ("length", "bucket"), [(0, 1), (39, 1), (40, 2), (119, 2), (120, 3), (239, 3), (240, 4), (10_000_000, 4)]
)
def test_message_buckets(length: int, bucket: int) -> None:
    assert first({"customer_message": "é" * length}, 1)["message_bucket"] == bucket


@pytest.mark.parametrize(
    ("value", "band"),
    [(0.0, 1), (49.99, 1), (50.0, 2), (149.99, 2), (150.0, 3), (400.0, 4), (-1.0, None), (None, None)],
)
def test_value_bands(value: float | None, band: int | None) -> None:
    assert first({"order_value": value}, 1)["value_band"] == band
    assert first({"order_value": value})["value_missing"] == (band is None)


@pytest.mark.parametrize(
    ("delivered", "days"),
    [(date(2026, 11, 6), 14), (date(2026, 11, 22), 0), (date(1026, 11, 6), None), (None, None)],
)
def test_days_since_delivery(delivered: date | None, days: int | None) -> None:
    assert first({"delivery_date": delivered})["days_since_delivery"] == days


def test_a_message_is_read_without_a_model() -> None:
    found = first({"customer_message": "ÜBEL! Why?!"})
    assert (found["message_length"], found["message_marks"]) == (11, 3)
    assert found["message_capitals"] == pytest.approx(5 / 11)


def test_the_time_of_the_week() -> None:
    found = first({"created_at": datetime(2026, 11, 16, 6)})
    assert found["monday"]
    assert not found["tuesday"]
    assert found["hour_sin"] == pytest.approx(1)


def test_contracts_are_committed_and_have_hashes() -> None:
    assert contract(1).hash != contract(2).hash
    assert features(make([{}]), 1).columns == ["case_id", "moment", *contract(1).names]
    with pytest.raises(UnknownContract, match="version 3"):
        contract(3)
