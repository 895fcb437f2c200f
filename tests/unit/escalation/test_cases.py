"""Messy cases, made to fit."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest

from ml.escalation.cases import COLUMNS, normalised

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def one(**columns: object) -> dict:
    return normalised(
        pl.DataFrame({"case_id": ["C"], "created_at": [AT]} | {k: [v] for k, v in columns.items()})
    ).row(0, named=True)


@pytest.mark.parametrize(
    "at",
    [
        AT,
        datetime(2026, 11, 20, 12),
        datetime(2026, 11, 20, 13, tzinfo=timezone(timedelta(hours=1))),
        "2026-11-20T12:00:00",
        "2026-11-20 12:00:00",
        "2026-11-20T12:00:00Z",
        "2026-11-20T13:00:00+01:00",
        "2026-11-20 12:00",
        "2026-11-20 12:00:00.000+0000",
    ],
)
def test_times_without_a_zone_are_utc(at: object) -> None:
    assert one(created_at=at)["created_at"] == AT


def test_a_column_may_mix_forms_of_time_and_says_what_it_cannot_read() -> None:
    forms = ["2026-11-20", "2026-11-20T12:00:00.250Z", "2026-11-20 12:00", "20.11.2026", None]
    said: list[str] = []
    rows = pl.DataFrame({"case_id": list("ABCDE"), "created_at": forms, "order_value": [1.0, -1, None, 2, 3]})
    found = normalised(rows, "cases.parquet", said.append)
    assert found["case_id"].to_list() == ["A", "B", "C"]
    assert said == [
        "1 values of created_at in cases.parquet cannot be believed; they count as unknown.",
        "2 of 5 rows of cases.parquet have no case_id or no created_at and are left out.",
        "1 values of order_value in cases.parquet cannot be believed; they count as unknown.",
    ]


def test_a_date_is_its_first_instant() -> None:
    assert one(created_at=date(2026, 11, 20))["created_at"] == AT.replace(hour=0)


def test_columns_that_are_missing_are_null() -> None:
    found = normalised(pl.DataFrame({"case_id": [1], "created_at": [AT]}))
    assert dict(found.schema) == dict(COLUMNS)
    assert found.row(0) == ("1", AT, *[None] * (len(COLUMNS) - 2))


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 1e300, None, "much"])
def test_values_that_cannot_be_are_unknown(value: object) -> None:
    assert one(order_value=value)["order_value"] is None


@pytest.mark.parametrize(
    ("given", "label"),
    [(1, True), (0, False), (1.0, True), ("true", True), (None, None), (float("nan"), None)],
)
def test_labels(given: object, label: bool | None) -> None:
    assert one(escalated=given)["escalated"] is label


@pytest.mark.parametrize(
    "delivered", [date(2026, 11, 1), datetime(2026, 11, 1, 9), "2026-11-01", "2026-11-01T09:00"]
)
def test_delivery_dates(delivered: object) -> None:
    assert one(delivery_date=delivered)["delivery_date"] == date(2026, 11, 1)
    assert one(delivery_date="soon")["delivery_date"] is None


def test_the_latest_row_of_a_case_counts_and_nameless_rows_do_not() -> None:
    rows = pl.DataFrame(
        {
            "case_id": ["A", "B", "A", None],
            "created_at": [AT] * 4,
            "priority": ["low", " HIGH ", "Strange", None],
        }
    )
    found = normalised(rows)
    assert found.select("case_id", "priority").rows() == [("B", "high"), ("A", "strange")]
