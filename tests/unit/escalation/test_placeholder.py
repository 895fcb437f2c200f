"""The fixed rule of the old system, against the rule as it was written down."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.escalation.placeholder import placeholder_scores
from tests.unit.escalation.conftest import NOW, make

CASE = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["K1", "K2"]),
        "customer_message": st.integers(0, 300).map(lambda length: "m" * length),
        "order_value": st.none() | st.floats(0, 900).map(lambda value: round(value, 2)),
        "delivery_date": st.none()
        | st.integers(0, 60).map(lambda days: date(2026, 11, 20) - timedelta(days)),
        "return_reason": st.sampled_from(["damaged", "too_small", "Defective", None]),
    }
)


def plainly(case: dict, prior: int) -> tuple[float, list[str]]:
    days = None if case["delivery_date"] is None else (date(2026, 11, 20) - case["delivery_date"]).days
    length, value = len(case["customer_message"]), case["order_value"]
    bucket = 1 + (length >= 40) + (length >= 120) + (length >= 240)
    band = 0 if value is None else 1 + (value >= 50) + (value >= 150) + (value >= 400)
    damaged = (case["return_reason"] or "").lower() in ("damaged", "defective")
    score = 0.02 * (days or 0) + 0.12 * bucket + 0.18 * prior + 0.10 * band + 0.20 * damaged
    reasons = [
        *["delayed_return_window"] * ((days or 0) > 14),
        *["detailed_customer_message"] * (bucket >= 3),
        *["repeat_return_history"] * (prior >= 2),
        *["high_order_value"] * (band == 4),
    ]
    return min(max(score, 0.05), 0.95), reasons or ["baseline_low_signal"]


@settings(deadline=None, max_examples=50)
@given(st.lists(CASE, min_size=1, max_size=6))
def test_the_old_rule(rows: list[dict]) -> None:
    timed = [row | {"created_at": NOW + timedelta(minutes=n)} for n, row in enumerate(rows)]
    scores = placeholder_scores(make(timed), as_of=NOW + timedelta(days=1))
    for n, found in enumerate(scores.iter_rows(named=True)):
        prior = sum(row["customer_id"] == rows[n]["customer_id"] for row in rows[:n])
        score, reasons = plainly(rows[n], prior)
        assert found["score"] == pytest.approx(score)
        assert [one["code"] for one in found["reason_codes"]] == reasons
        assert found["label"] == ("low" if score < 0.4 else "medium" if score < 0.7 else "high")
        assert found["logit"] == found["base_logit"]
        assert (found["model_version"], found["contract_version"]) == ("placeholder", 1)


def test_known_cases_count_and_later_ones_do_not() -> None:
    known = make([{"case_id": "K", "customer_id": "1", "created_at": NOW - timedelta(days=1)}])
    cases = make([{"customer_id": "1"}, {"created_at": NOW + timedelta(days=1)}])
    found = placeholder_scores(cases, as_of=NOW, history=known)
    assert found["score"].to_list() == pytest.approx([0.12 + 0.18])
    assert found.schema["contributions"] == found.schema["reason_codes"]
    assert placeholder_scores(cases, as_of=NOW - timedelta(days=9)).equals(pl.DataFrame(schema=found.schema))
