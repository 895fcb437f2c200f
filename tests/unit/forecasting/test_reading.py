"""Every fault of a series has one documented outcome, and a row that says so."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fan_out import FanOut
from ml.forecasting.backtests.answering import answers_at
from ml.forecasting.members.base import Setting
from ml.forecasting.panels.panel import Panel
from ml.forecasting.panels.reading import PanelRefused, panel_of, read_panel
from ml.forecasting.series.history import history_at
from tests.unit.forecasting.made_up import FIRST, of_rows, panel, table


def said(rows: pl.DataFrame, future: pl.DataFrame | None = None) -> tuple[Panel, dict[tuple[str, str], str]]:
    read = panel_of(rows, future)
    details: dict[tuple[str, str], str] = {}
    for issue in read.issues:
        key = issue.series_id, issue.issue
        details[key] = "; ".join([details[key], issue.detail] if key in details else [issue.detail])
    return read.panel, details


def test_identical_rows_count_once_and_parts_of_a_day_are_added() -> None:
    usual = [("A", day, 1) for day in range(2, 42)]
    found, issues = said(of_rows([("A", 0, 2), ("A", 0, 2), ("A", 1, 3), ("A", 1, 4), *usual]))
    assert found.demand[0, :3].tolist() == [2.0, 7.0, 1.0]
    assert ("A", "duplicates") in issues


def test_a_table_that_was_loaded_twice_counts_once() -> None:
    rows = [("A", 2 * day, 1 + day % 3) for day in range(40)]
    found, _ = said(of_rows([*rows, *rows]))
    assert np.nansum(found.demand) == sum(row[2] for row in rows)


def test_the_same_row_twice_in_a_table_of_single_sales_is_two_sales() -> None:
    rows = [("A", 3 * day, 1) for day in range(40)] + [("A", 3 * day, 1) for day in range(0, 40, 4)]
    found, issues = said(of_rows(rows))
    assert found.demand.sum() == 50 and found.demand[0, 0] == 2
    assert "single sales" in issues["*", "duplicates"]


@pytest.mark.parametrize("zeros", [True, False])
def test_a_join_that_doubles_the_rows_does_not_double_the_demand(zeros: bool) -> None:
    rows = table(3, 60)
    if not zeros:  # sales alone
        rows = rows.filter(pl.col("date").dt.weekday().is_in([1, 3, 4]))
    both = pl.concat([rows.with_columns(promotion=pl.lit(number)) for number in (0, 1)])
    found, issues = said(both)
    assert np.array_equal(found.demand, panel_of(rows).panel.demand)
    assert "it counts once" in issues["*", "joined_rows"]


def test_single_sales_of_one_unit_at_two_prices_are_no_join() -> None:
    counts = np.maximum(np.random.default_rng(1).poisson(1.8, 200), 1)
    rows = of_rows([("A", day, 1) for day, count in enumerate(counts) for _ in range(count)])
    found, issues = said(rows.with_columns(price=pl.Series(np.arange(len(rows), dtype=float))))
    assert found.demand.sum() == counts.sum() and ("*", "joined_rows") not in issues


def test_what_came_back_lowers_the_days_before() -> None:
    found, issues = said(of_rows([("A", 0, 5), ("A", 1, 1), ("A", 2, 3), ("A", 3, -5), ("A", 4, 2)]))
    assert found.demand.tolist() == [[4.0, 0.0, 0.0, 0.0, 2.0]]
    assert "lowers the demand of the days before" in issues["A", "negative_demand"]
    # Before it came back nobody could know.
    assert found.until(3, 1).demand.tolist() == [[5.0, 1.0, 3.0]]
    assert found.until(4, 1).demand.tolist() == [[4.0, 0.0, 0.0, 0.0]]
    assert found.only(np.array([0])).until(3, 1).demand.tolist() == [[5.0, 1.0, 3.0]]


def test_more_back_than_was_ever_sold_is_a_mistake_and_counts_as_zero() -> None:
    found, issues = said(of_rows([("A", 0, -2), ("A", 1, 3), ("A", 2, -3000)]))
    assert found.demand.tolist() == [[0.0, 3.0, 0.0]]
    assert "2 count as 0" in issues["A", "negative_demand"]


def test_gaps_of_a_table_with_zeros_are_unknown() -> None:
    found, issues = said(of_rows([("A", 0, 1), ("A", 1, 0), ("A", 3, 4), ("A", 4, 4)]))
    assert np.isnan(found.demand[0, 2])
    assert "not known" in issues["A", "gaps"]


@pytest.mark.parametrize("chance", [0.3, 0.55, 0.75])
def test_a_table_without_zeros_tells_sales_alone_however_often_something_sells(chance: float) -> None:
    generator = np.random.default_rng(2)
    units = generator.poisson(-np.log(1 - chance), 300)
    sold = [("A", day, units[day]) for day in range(300) if units[day]]
    # A sale that came back on its day is a row of zero, and tells nothing of the other days.
    back = int(np.flatnonzero(units == 0)[10])
    found, issues = said(of_rows([*sold, ("A", back, 0)]))
    first = sold[0][1]
    assert np.array_equal(found.demand[0], units[first : sold[-1][1] + 1])
    assert "sales alone" in issues["*", "gaps"] and ("A", "gaps") not in issues


def test_few_missing_days_are_mistakes_and_not_zeros() -> None:
    found, _ = said(of_rows([("A", day, 20 + day % 7) for day in range(100) if day != 98]))
    assert np.isnan(found.demand[0, 98])


def test_days_before_the_first_row_are_no_gap() -> None:
    found, issues = said(of_rows([("A", day, 1) for day in range(6)] + [("B", 4, 1), ("B", 5, 3)]))
    assert np.isnan(found.demand[1, :4]).all()
    assert ("B", "gaps") not in issues


@pytest.mark.parametrize(
    ("quantities", "issue"),
    [([4.0], "short"), ([0.0] * 40, "all_zeros"), ([3.0] * 40, "constant")],
)
def test_series_with_little_to_learn_are_told(quantities: list[float], issue: str) -> None:
    _, issues = said(of_rows([("A", day, quantity) for day, quantity in enumerate(quantities)]))
    assert ("A", issue) in issues


def test_a_series_that_was_not_known_for_a_year_is_told() -> None:
    rows = of_rows([("A", day, day % 3) for day in range(500)])
    _, issues = said(rows.with_columns(out_of_stock=pl.col("date") >= FIRST + timedelta(days=120)))
    assert "0 known days in the last 364" in issues["A", "short"] and "120 known days" in issues["A", "short"]


def test_rows_without_a_finite_quantity_are_left_out() -> None:
    rows = of_rows([("A", 0, 1), ("A", 1, float("nan")), ("A", 2, float("inf"))])
    found, issues = said(rows)
    assert found.demand.tolist() == [[1.0]]
    assert "2 rows" in issues["A", "unreadable_rows"]


@pytest.mark.parametrize("unread", [float("nan"), float("inf"), 1e13])
def test_days_that_cannot_be_read_are_not_days_without_a_sale(unread: float) -> None:
    """Every second quantity of a table with a row for each day is broken: it does not tell sales alone for that."""
    broken = of_rows([(series, day, unread if day % 2 else 6) for series in "AB" for day in range(60)])
    found, issues = said(broken)
    assert np.nanmean(found.demand) == 6 and np.isnan(found.demand[:, 1::2]).all()
    assert "30 rows" in issues["A", "unreadable_rows"]
    # Of sales alone it is that day of which nothing is known, and the others without a row are 0.
    sales = of_rows([("A", day, unread if day == 8 else 6) for day in range(0, 60, 4)])
    assert np.nansum(said(sales)[0].demand) == 14 * 6
    assert np.flatnonzero(np.isnan(said(sales)[0].demand)).tolist() == [8]


def test_days_out_of_stock_are_not_zero_demand() -> None:
    rows = of_rows([("A", 0, 5), ("A", 1, 0), ("A", 2, 0)]).with_columns(out_of_stock=pl.Series([0, 1, 0]))
    found, _ = said(rows)
    assert np.isnan(found.demand[0, 1]) and found.demand[0, 2] == 0
    assert found.regressor_names == ()


@pytest.mark.parametrize(
    "told",
    [
        ["yes", "no", None],
        ["True", "false", ""],
        ["1", "0", "n"],
        [True, False, None],
        [1, None, None],
        [1.0, float("nan"), 0.0],
    ],
)
def test_out_of_stock_may_be_a_word_and_empty_is_no(told: list) -> None:
    rows = of_rows([("A", 0, 0), ("A", 1, 5), ("A", 2, 4)]).with_columns(out_of_stock=pl.Series(told))
    found, _ = said(rows)
    assert np.isnan(found.demand[0]).tolist() == [True, False, False]


def test_another_word_for_out_of_stock_is_refused() -> None:
    with pytest.raises(PanelRefused, match="'maybe' in out_of_stock; give"):
        panel_of(of_rows([("A", 0, 1)]).with_columns(out_of_stock=pl.lit("maybe")))


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_a_promotion_that_is_1_or_empty_is_none_where_it_is_empty(nothing: float | None) -> None:
    rows = table(2, 28, promotions=True)
    future = rows.filter(pl.col("date") < FIRST + timedelta(days=7)).with_columns(
        pl.col("date").dt.offset_by("28d")
    )
    joined = pl.when(pl.col("promotion") == 1).then(1.0).otherwise(nothing).alias("promotion")
    expected, _ = said(rows, future)
    found, issues = said(rows.with_columns(joined), future.with_columns(joined))
    assert np.array_equal(found.regressors, expected.regressors)
    assert "empty counts as 0" in issues["*", "regressor_values"]


def test_an_infinite_regressor_is_told() -> None:
    rows = table(1, 28, promotions=True).with_columns(promotion=pl.Series([float("inf"), 1.0] + [0.0] * 26))
    found, issues = said(rows)
    assert np.isfinite(found.until(28, 7).regressors).all()
    assert "infinite in 1 rows" in issues["*", "regressor_values"]


def test_words_that_change_from_day_to_day_are_truth_values() -> None:
    rows = table(2, 28, promotions=True)
    word = pl.when(pl.col("promotion") == 1).then(pl.lit("Yes")).otherwise(pl.lit("no"))
    given = rows.with_columns(
        promotion=word, organic=pl.when(series_id="S00").then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    future = (
        given.filter(date=FIRST)
        .with_columns(date=pl.lit(FIRST + timedelta(days=28)))
        .drop("quantity", "organic")
    )
    found, issues = said(given, future)
    assert found.regressor_names == ("promotion",) and "organic" in found.static
    assert np.array_equal(found.regressors[:, :28, 0].ravel(), rows["promotion"].to_numpy())
    assert not np.isnan(found.regressors).any() and ("*", "future_regressors") not in issues


def test_a_shop_whose_is_open_is_always_no_is_shut() -> None:
    rows = table(2, 28).with_columns(
        is_open=pl.when(series_id="S00").then(pl.lit("no")).otherwise(pl.lit("yes"))
    )
    assert history_at(panel_of(rows).panel, 28, 7).shut.all(axis=1).tolist() == [True, False]


def test_a_text_in_the_place_of_a_number_ahead_is_refused() -> None:
    rows = table(1, 28, promotions=True)
    future = rows.head(1).with_columns(date=pl.lit(FIRST + timedelta(days=28)), promotion=pl.lit("perhaps"))
    with pytest.raises(PanelRefused, match="days ahead has 'perhaps' in promotion"):
        panel_of(rows, future)


@pytest.mark.parametrize(
    ("first", "days", "words"),
    [
        (28, 0, "does not tell promotion"),
        (28 + 2000, 7, "7 of days more than 1000 after it are left out"),
        (28, 4, "promotion is told of 4 of 7 days ahead"),
    ],
)
def test_a_future_that_does_not_reach_the_horizon_is_told(first: int, days: int, words: str) -> None:
    rows = table(1, 28, promotions=True)
    dates = [FIRST + timedelta(days=first + day) for day in range(days)]
    future = pl.DataFrame({"series_id": ["S00"] * days, "date": dates, "promotion": [1] * days}).cast(
        {"series_id": pl.String, "date": pl.Date, "promotion": pl.Int64}
    )
    read = panel_of(rows, future)
    made = answers_at(read.panel, [28], 7, [], Setting(), fan_out=FanOut(workers=1))[0]
    told = [issue.detail for issue in (*read.issues, *made.issues) if issue.issue == "future_regressors"]
    assert any(words in detail for detail in told)


def test_rows_of_a_day_ahead_that_contradict_each_other_are_told_and_none_is_believed() -> None:
    rows = table(1, 28, promotions=True).with_columns(price=pl.lit(2.0))
    ahead = pl.DataFrame(
        {
            "series_id": ["S00"] * 5,
            "date": [FIRST + timedelta(days=28 + day) for day in (0, 0, 1, 1, 2)],
            "promotion": [1, 0, 1, 1, 0],
            "price": [2.0, 2.0, 2.0, None, 2.0],
        }
    )
    for future in (ahead, ahead.reverse()):
        found, issues = said(rows, future)
        told = found.regressors[0, 28:]
        assert np.isnan(told[0, 0]) and told[1:, 0].tolist() == [1, 0] and told[:, 1].tolist() == [2, 2, 2]
        assert "contradict each other on 1 days" in issues["S00", "future_regressors"]
        assert (
            "does not tell price"
            in said(rows.drop("promotion"), future.drop("price"))[1]["*", "future_regressors"]
        )


@pytest.mark.parametrize("day", [100 + 20, 100 + 13_000])
def test_a_stray_date_after_all_others_is_left_out_and_told(day: int) -> None:
    rows = table(30, 100)
    found, issues = said(pl.concat([rows, of_rows([("S00", day, 1)])], how="diagonal"))
    assert np.array_equal(found.demand, panel(30, 100).demand)
    assert "1 rows are left out" in issues["S00", "stray_date"]


def test_rows_after_a_pause_that_is_usual_are_no_stray() -> None:
    rows = of_rows([(f"S{n:02d}", 10 * day, 1) for n in range(30) for day in range(20)] + [("S00", 200, 1)])
    assert panel_of(rows).panel.days == 201


def test_few_series_with_the_last_days_are_told_and_change_nothing_else() -> None:
    rows = pl.concat([table(6, 100), of_rows([("S00", 120, 1)])], how="diagonal")
    found, issues = said(rows)
    assert "only 1 of 6 series have rows in the last 21 days" in issues["*", "last_days"]
    assert ("*", "gaps") not in issues and np.isnan(found.demand[1, 100:]).all()
    early = pl.concat([table(6, 100), of_rows([("S00", -900, 1)])], how="diagonal")
    found, issues = said(early)
    assert "only 1 of 6 series have rows in the first 900 days" in issues["*", "first_days"]
    assert ("*", "gaps") not in issues and np.isnan(found.demand[0, 1:900]).all()


@pytest.mark.parametrize("column", ["date", "quantity"])
def test_one_cell_that_cannot_be_read_costs_its_row_and_not_the_file(column: str) -> None:
    rows = table(2, 5)
    mistyped = rows.with_columns(
        pl.when((pl.col("series_id") == "S00") & (pl.col("date") == FIRST))
        .then(pl.lit("n/a"))
        .otherwise(pl.col(column).cast(pl.String))
        .alias(column)
    )
    found, issues = said(mistyped)
    assert np.isnan(found.demand[0, 0]) and np.array_equal(found.demand[1], panel(2, 5).demand[1])
    assert "1 rows without" in issues["S00", "unreadable_rows"]


def test_a_name_with_a_nul_is_not_taken_for_another_one() -> None:
    found, issues = said(of_rows([("A", 0, 1), ("A\0", 0, 5)]))
    assert found.series.tolist() == ["A"] and found.demand.tolist() == [[1.0]]
    assert ("A\0", "unreadable_rows") in issues


def test_a_row_without_a_series_is_told_as_such() -> None:
    rows = of_rows([("A", 0, 1), ("A", 1, 1)]).with_columns(series_id=pl.Series(["A", None]))
    assert "without a series" in said(rows)[1]["*", "unreadable_rows"]


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(random) -> None:
    rows = table(3, 20, promotions=True)
    order = list(range(len(rows)))
    random.shuffle(order)
    first, second = panel_of(rows).panel, panel_of(rows[order]).panel
    assert np.array_equal(first.demand, second.demand, equal_nan=True)
    assert np.array_equal(first.regressors, second.regressors, equal_nan=True)
    assert first.static.keys() == second.static.keys()


def test_regressors_that_the_future_lacks_are_those_of_a_week_ago() -> None:
    rows = table(2, 28, promotions=True)
    future = pl.DataFrame(
        {"series_id": ["S00", "nobody"], "date": [FIRST + timedelta(days=28)] * 2, "promotion": [1, 1]}
    )
    found, issues = said(rows, future)
    assert ("*", "future_regressors") in issues and ("S01", "future_regressors") in issues
    whole = found.until(28, 7)
    assert whole.regressors[0, 28, 0] == 1
    assert whole.regressors[1, 28, 0] == whole.regressors[1, 21, 0]
    assert whole.regressors.shape[1] == 35 and not np.isnan(whole.regressors).any()


def test_an_origin_in_the_past_is_told_as_much_of_its_days_ahead_as_the_last_one() -> None:
    rows = table(2, 28, promotions=True)
    future = pl.DataFrame(
        {
            "series_id": ["S00"] * 3,
            "date": [FIRST + timedelta(days=28 + day) for day in range(3)],
            "promotion": [1, 0, 1],
        }
    )
    promotion = rows["promotion"].to_numpy().reshape(2, 28)
    alone, with_future = panel_of(rows).panel, panel_of(rows, future).panel
    for one, told in ((alone, 0), (with_future, 3)):
        at = one.until(14, 7).regressors[:, 14:, 0]
        assert np.array_equal(at[0, :told], promotion[0, 14 : 14 + told])
        assert np.array_equal(at[0, told:], promotion[0, 7 + told : 14])
        assert np.array_equal(at[1], promotion[1, 7:14])


def test_one_holiday_makes_no_habit_of_being_shut() -> None:
    rows = table(1, 28).with_columns(is_open=pl.lit(True) & (pl.col("date") != FIRST + timedelta(days=22)))
    assert panel_of(rows).panel.until(28, 14).regressors[0, 28:, 0].all()
    sundays = table(1, 28).with_columns(is_open=pl.col("date").dt.weekday() != 7)
    assert panel_of(sundays).panel.until(28, 7).regressors[0, 28:, 0].tolist() == [1, 1, 1, 1, 1, 1, 0]


def test_a_future_of_other_days_is_told() -> None:
    rows = table(1, 28, promotions=True)
    early = pl.DataFrame({"series_id": ["S00"], "date": [FIRST], "promotion": [1]})
    found, issues = said(rows, early)
    assert found.regressors.shape[1] == found.days
    assert "1 of days of the panel" in issues["*", "future_regressors"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (pl.DataFrame({"series_id": ["A"], "quantity": [1.0]}), "no column date"),
        (of_rows([]), "no row"),
        (of_rows([("A", 0, 1)]).with_columns(quantity=pl.lit("many")), "wrong kind"),
        (of_rows([("A", 0, 1), ("A", 40_000, 1)]), "wrong date"),
        (of_rows([("A", 0, 1)]).with_columns(date=pl.lit(20261119)), "wrong kind.*2026-11-20"),
        (of_rows([("A", 0, 1)]).with_columns(date=pl.lit(1_795_046_400)), "wrong kind.*2026-11-20"),
        (of_rows([("A", 0, 1)]).with_columns(date=pl.lit("19.11.2026")), "19.11.2026.*2026-11-20"),
        (of_rows([("A", day, 1e308) for day in range(9)]), "no row"),
    ],
)
def test_what_is_no_panel_is_refused(rows: pl.DataFrame, words: str) -> None:
    with pytest.raises(PanelRefused, match=words):
        panel_of(rows)


def test_files_that_are_no_parquet_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PanelRefused, match="does not exist"):
        read_panel(tmp_path / "nothing.parquet")
    (tmp_path / "text.parquet").write_text("series_id,date")
    with pytest.raises(PanelRefused, match="Parquet"):
        read_panel(tmp_path / "text.parquet")


def test_dates_may_be_texts(tmp_path: Path) -> None:
    rows = table(2, 5).with_columns(pl.col("date").cast(pl.String))
    rows.write_parquet(tmp_path / "panel.parquet")
    read = read_panel(tmp_path / "panel.parquet")
    assert np.array_equal(read.panel.demand, panel(2, 5).demand)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin", "Pacific/Auckland", "America/New_York"])
def test_a_time_stamp_is_the_day_of_its_own_zone(zone: str | None) -> None:
    rows = table(2, 5, promotions=True)
    midnight = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone(zone)
    late = midnight + pl.duration(hours=23)
    future = rows.filter(date=FIRST).with_columns(date=pl.lit(FIRST + timedelta(days=5))).drop("quantity")
    for at in (midnight, late):
        found = panel_of(rows.with_columns(at), future.with_columns(at)).panel
        assert str(found.first_day) == str(FIRST) and found.regressors.shape[1] == 6
        assert np.array_equal(found.demand, panel(2, 5, promotions=True).demand)


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_a_shop_of_which_nobody_says_that_it_is_open_is_open(unknown: float | None) -> None:
    rows = table(3, 28).with_columns(open=pl.when(series_id="S02").then(unknown).otherwise(1.0))
    found, issues = said(rows)
    assert (found.until(28, 7).regressors == 1).all() and not history_at(found, 28, 7).shut.any()
    assert {key for key in issues if key[1] == "open_unknown"} == {("S02", "open_unknown")}
