"""What a cell is in its file goes along through every step of `reshape`: a number cell has no marks that a text beside
it has, an error is an error, a date is read by no format."""

from datetime import date, datetime
from decimal import Decimal
from textwrap import dedent, indent
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retail_assets.errors import MappingError
from tests.unit.mapping.conftest import MapFile, Result
from tests.unit.mapping.exports import as_csv, as_excel, as_json, as_ndjson, as_parquet
from tests.unit.readers.test_sheets import open_document_bytes


def as_ods(rows: list[dict[str, Any]]) -> bytes:
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    return open_document_bytes(Sheet=lines)


TYPED = {"x.xlsx": as_excel, "x.ods": as_ods, "x.json": as_json, "x.ndjson": as_ndjson}
MIXED = {"1.234": Decimal(1234), 1.234: Decimal("1.234"), "1.500,5": Decimal("1500.5"), 1234: Decimal(1234)}
"""Cells of one column under German marks, and their values."""
GERMAN = 'values: {decimal: ",", thousands: "."}\n'
every_format = pytest.mark.parametrize("name", TYPED)


def counts(
    steps: str, more: str = GERMAN, quantity: str = "qty", day: str = "{constant: '2026-05-30'}"
) -> str:
    return (
        f'source: wms\nmatch: {{folder: stock_counts, files: "*"}}\n{more}reshape:\n{indent(dedent(steps), "  ")}\n'
        "targets:\n  - feed: stock_counts\n    columns: {store_id: store, product_id: sku, "
        f"counted_at: {day}, quantity: {quantity}}}\n"
    )


def rows(*cells: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"store": "S1", "sku": f"P{n}", "qty": cell} | more for n, cell in enumerate(cells, start=1)]


def quantities(result: Result) -> list[Any]:
    return result.column("quantity", "stock_counts")


def days_of(result: Result) -> list[str]:
    moments = result.column("counted_at", "stock_counts")
    return [f"{moment.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d}" for moment in moments]


FILLED = "fill_down: {columns: qty, per: store}"
UNPIVOTED = "unpivot: {name: sku, value: qty, except: store}"
PIVOTED = "pivot: {per: [store, sku], name: kind, value: qty}"
SUMMED = "sum: {per: [store, sku], columns: qty}"
FIRST = "sum: {per: [store, sku], columns: [one], first: qty}"
KEPT = "sum: {per: [store, sku], columns: one}"
KEYED = "sum: {per: [store, sku, qty], columns: one}"
ALL = 'sql: "select * from records"'
NAMED = 'sql: "select record, store, sku, qty from records"'
COALESCED = "sql: \"select record, store, sku, coalesce(nullif(trim(qty), ''), '0') as qty from records\""
LISTED = 'sql: "select list(record) as records, store, sku, min(qty) as qty from records group by store, sku"'
LIKE_THEMSELVES = [FILLED, SUMMED, FIRST, KEPT, KEYED, ALL, NAMED, COALESCED, LISTED]
IN_SHORT = [FILLED, KEYED, NAMED]


@pytest.mark.parametrize("name", ["x.xlsx", "x.json"])
@pytest.mark.parametrize("step", LIKE_THEMSELVES)
def test_a_number_is_itself_and_a_text_follows_the_marks(map_file: MapFile, name: str, step: str) -> None:
    result = map_file(counts(step), TYPED[name](rows(*MIXED, one=1)), name)
    assert quantities(result) == list(MIXED.values())


@every_format
def test_a_filled_cell_is_what_the_one_above_is(map_file: MapFile, name: str) -> None:
    cells = rows(1.234, None, "1.234", None, None, 1.5, None)
    result = map_file(counts(FILLED), TYPED[name](cells), name)
    assert quantities(result) == [Decimal("1.234")] * 2 + [1234] * 3 + [Decimal("1.5")] * 2


@every_format
def test_cells_that_become_rows(map_file: MapFile, name: str) -> None:
    cells = [
        {"store": "S1", "P1": 1.234, "P2": "1.234", "P3": None},
        {"store": "S2", "P1": "1.500", "P2": 1.5, "P3": 7},
    ]
    result = map_file(counts(UNPIVOTED), TYPED[name](cells), name)
    assert quantities(result) == [Decimal("1.234"), 1234, 1500, Decimal("1.5"), 7]


@every_format
def test_rows_that_become_columns(map_file: MapFile, name: str) -> None:
    cells = [row | {"kind": kind} for row in rows(*MIXED) for kind in ("counted", "booked")]
    result = map_file(counts(PIVOTED, quantity="counted"), TYPED[name](cells), name)
    assert quantities(result) == list(MIXED.values())
    added = map_file(
        counts(PIVOTED.replace("qty}", "qty, sum: true}"), quantity="counted"), TYPED[name](cells), name
    )
    assert quantities(added) == list(MIXED.values())


@every_format
def test_numbers_and_texts_of_one_sum(map_file: MapFile, name: str) -> None:
    cells = [row | {"sku": "P"} for row in rows("1.234", 1.234, 0.5, "0,25")]
    assert quantities(map_file(counts(SUMMED), TYPED[name](cells), name)) == [Decimal("1235.984")]


@every_format
def test_steps_in_a_row(map_file: MapFile, name: str) -> None:
    steps = "\n".join(f"- {step}" for step in (FILLED.replace("qty", "P1"), UNPIVOTED, NAMED, SUMMED))
    cells = [{"store": "S1", "P1": 1.234, "P2": "1.234"}, {"store": "S1", "P1": None, "P2": 2.5}]
    result = map_file(counts(steps), TYPED[name](cells), name)
    assert quantities(result) == [Decimal("2.468"), Decimal("1236.5")]


@pytest.mark.parametrize(
    ("dialect", "number"),
    [
        ('{decimal: ",", thousands: "."}', Decimal("1.234")),
        ('{decimal: ",", thousands: "."}', Decimal("0.00000015")),
        ('{decimal: ",", thousands: " "}', Decimal("1.5")),
        ('{decimal: ",", negatives: trailing_minus, strip: EUR}', Decimal("1.5")),
        ('{decimal: "."}', Decimal("1.234")),
        ('{thousands: ","}', Decimal("1234.5")),
        ('{decimal: ",", replace: {".": ""}}', Decimal("1.234")),
        ('{decimal: ",", percent: true}', Decimal("0.25")),
    ],
)
def test_a_number_in_every_dialect(map_file: MapFile, dialect: str, number: Decimal) -> None:
    cells = rows(float(number), one=1)
    found = [
        quantities(map_file(counts(step, f"values: {dialect}\n"), as_json(cells), "x.json"))
        for step in IN_SHORT
    ]
    assert found == [[round(number, 6)]] * len(IN_SHORT)


def test_a_mark_that_is_taken_out_of_texts_is_refused_before_a_select(map_file: MapFile) -> None:
    more = 'values: {replace: {".": ""}}\n'
    for step in (NAMED, ALL):
        result = map_file(counts(step, more), as_excel(rows("1.234", 1.234, 1235)), "x.xlsx")
        assert quantities(result) == [1234, 1235]
        assert result.refused == [(2, "not_a_number", "qty", "1.234")]
    result = map_file(counts(KEYED, more), as_excel(rows("1.234", 1.234, 1235, one=1)), "x.xlsx")
    assert quantities(result) == [1234, Decimal("1.234"), 1235]


MARKS = "{column: amount, decimal: ',', thousands: '.'}"
RENAMED = 'sql: "select record, store, sku, qty as amount from records"'


def test_marks_that_only_a_column_knows(map_file: MapFile) -> None:
    own = MARKS.replace("amount", "qty")
    for step in (NAMED, ALL, FIRST, FILLED):
        result = map_file(counts(step, "", own), as_excel(rows(*MIXED, one=1)), "x.xlsx")
        assert quantities(result) == list(MIXED.values())
    with pytest.raises(MappingError, match=r"`qty` has number cells.*`amount` is read with others.*parse"):
        map_file(counts(RENAMED, "", MARKS), as_excel(rows(1.234)), "x.xlsx")
    assert quantities(map_file(counts(RENAMED, "", MARKS), as_excel(rows("1.234", 7)), "x.xlsx")) == [1234, 7]
    parsed = 'parse: {qty: {type: number, decimal: ",", thousands: "."}}\n'
    assert quantities(map_file(counts(RENAMED, parsed, MARKS), as_excel(rows(1.234)), "x.xlsx")) == [
        Decimal("1.234")
    ]


ERRORS = {"#N/A": "error_value", "#DIV/0!": "error_value", "=A1*2": "formula_without_value"}


@pytest.mark.parametrize("step", [*LIKE_THEMSELVES, f"- {NAMED}\n- {FILLED}"])
def test_an_error_is_an_error_of_its_record(map_file: MapFile, step: str) -> None:
    result = map_file(counts(step), as_excel(rows(1.5, *ERRORS, "1.500", one=1)), "x.xlsx")
    assert quantities(result) == [Decimal("1.5"), 1500]
    assert {value: rule for _, rule, _, value in result.refused} == ERRORS


@pytest.mark.parametrize("error", ["#N/A", "=A1*2"])
@pytest.mark.parametrize("column", ["store", "sku", "kind"])
def test_an_error_is_no_key_and_no_name(map_file: MapFile, column: str, error: str) -> None:
    cells = [row | {"kind": "counted"} for row in rows(1.5, 2.5, 3.5, 4.5)]
    for row in cells[2:]:
        row[column] = error
    steps = [PIVOTED, PIVOTED.replace("qty}", "qty, sum: true}")]
    for step in [*steps, *([SUMMED] if column != "kind" else [])]:
        quantity = "qty" if step == SUMMED else "counted"
        result = map_file(counts(step, quantity=quantity), as_excel(cells), "x.xlsx")
        assert quantities(result) == [Decimal("1.5"), Decimal("2.5")]
        assert result.refused == [(n, ERRORS[error], column, error) for n in (3, 4)]


@pytest.mark.parametrize("error", ["#N/A", "=A1*2"])
def test_an_error_that_is_unpivoted_or_filled_down(map_file: MapFile, error: str) -> None:
    cells = [{"store": "S1", "P1": 1.5, "P2": error}]
    assert [rule for _, rule, _, _ in map_file(counts(UNPIVOTED), as_excel(cells), "x.xlsx").refused] == [
        ERRORS[error]
    ]
    result = map_file(counts(FILLED), as_excel(rows(error, None)), "x.xlsx")
    assert [rule for _, rule, _, _ in result.refused] == [ERRORS[error]] * 2


def test_an_error_that_the_mapping_knows_is_nothing(map_file: MapFile) -> None:
    more = 'values: {null_words: "#N/A"}\n'
    result = map_file(
        counts(COALESCED.replace("nullif(trim(qty), '')", "nullif(qty, '#N/A')"), more),
        as_excel(rows("#N/A", 2)),
        "x.xlsx",
    )
    assert quantities(result) == [0, 2]


def test_an_error_in_a_column_that_nobody_asks_for(map_file: MapFile) -> None:
    for step in (ALL, NAMED, SUMMED):
        assert quantities(map_file(counts(step), as_excel(rows(1.5, note="#REF!")), "x.xlsx")) == [
            Decimal("1.5")
        ]


DAYS = "values: {dates: ['%d.%m.%Y', '%Y-%d-%m', '%Y-%d-%m %H:%M:%S']}\n"
"""One that a date of the file must not be read by."""


@pytest.mark.parametrize(
    "step",
    [
        FILLED.replace("qty", "day"),
        SUMMED.replace("sku]", "sku, day]"),
        SUMMED,
        SUMMED.replace("qty}", "qty, first: day}"),
    ],
)
def test_a_date_of_the_file_is_read_by_no_format(map_file: MapFile, step: str) -> None:
    for days in ([date(2026, 5, 3), "03.05.2026"], [datetime(2026, 5, 3, 14), "03.05.2026"]):
        cells = [row | {"day": day} for row, day in zip(rows(1, 2), days, strict=True)]
        result = map_file(counts(step, DAYS, day="day"), as_excel(cells), "x.xlsx")
        assert days_of(result) == ["2026-05-03"] * 2


def test_a_date_that_is_unpivoted_or_pivoted(map_file: MapFile) -> None:
    cells = [
        {"store": "S1", "sku": "P1", "kind": kind, "value": value}
        for kind, value in (("day", date(2026, 5, 3)), ("qty", 1.234))
    ]
    result = map_file(
        counts(
            "pivot: {per: [store, sku], name: kind, value: value}",
            GERMAN.replace("}", f", {DAYS[9:]}").strip() + "\n",
            day="day",
        ),
        as_excel(cells),
        "x.xlsx",
    )
    assert [*zip(days_of(result), quantities(result), strict=True)] == [("2026-05-03", Decimal("1.234"))]
    cells = [{"store": "S1", "sku": "P1", "a": date(2026, 5, 3), "b": "04.05.2026"}]
    step = "unpivot: {name: kind, value: day, columns: [a, b]}"
    result = map_file(counts(step, DAYS, "{constant: 1}", day="day"), as_excel(cells), "x.xlsx")
    assert days_of(result) == ["2026-05-03", "2026-05-04"]


def test_a_date_that_a_format_would_turn_round_is_refused_before_a_select(map_file: MapFile) -> None:
    cells = [
        row | {"day": day}
        for row, day in zip(rows(1, 2, 3), [date(2026, 5, 3), date(2026, 5, 5), "03.05.2026"], strict=True)
    ]
    step = NAMED.replace("qty from", "qty, day from")
    result = map_file(counts(step, DAYS, day="day"), as_excel(cells), "x.xlsx")
    assert days_of(result) == ["2026-05-05", "2026-05-03"]
    assert result.refused == [(1, "not_a_time", "day", "2026-05-03 00:00:00")]
    parsed = DAYS + "parse: {day: date}\n"
    assert len(quantities(map_file(counts(step, parsed, day="day"), as_excel(cells), "x.xlsx"))) == 3


def test_a_date_alone_stays_one_behind_a_select(map_file: MapFile) -> None:
    cells = [row | {"day": date(2026, 5, 3)} for row in rows(1)]
    zone = "values: {time_zone: America/New_York}\n"
    for step in (NAMED.replace("qty from", "qty, day from"), ALL, FILLED):
        result = map_file(counts(step, zone, day="day"), as_excel(cells), "x.xlsx")
        assert [str(m) for m in result.column("counted_at", "stock_counts")] == [
            "2026-05-02 22:00:00+00:00"
        ], step


LONG = 1234567890123456789012


@pytest.mark.parametrize("step", [FILLED, SUMMED, NAMED, ALL, LISTED])
@pytest.mark.parametrize("name", ["x.xlsx", "x.ods"])
def test_a_long_number_is_no_id(map_file: MapFile, step: str, name: str) -> None:
    cells = [row | {"sku": sku} for row, sku in zip(rows(1, 2), [float(LONG), "P2"], strict=True)]
    result = map_file(counts(step), TYPED[name](cells), name)
    assert [r["product_id"] for r in result.rows("stock_counts")] == ["P2"]
    assert [rule for _, rule, _, _ in result.refused] == ["digits_lost"]


@pytest.mark.parametrize("step", LIKE_THEMSELVES)
def test_a_binary_fraction_is_a_number(map_file: MapFile, step: str) -> None:
    result = map_file(counts(step), as_json(rows(0.1 + 0.2, 1e5, one=1)), "x.json")
    assert quantities(result) == [Decimal("0.3"), 100_000]


@every_format
def test_one_text_with_two_values_is_no_key(map_file: MapFile, name: str) -> None:
    cells = (
        [row | {"sku": "P1"} for row in rows("1.234", 1.234, one=1)]
        + rows("12", 12, one=1)[1:]
        + rows("12", "12", one=1)[1:]
    )
    for step in (KEYED, KEPT):
        result = map_file(counts(step), TYPED[name](cells), name)
        assert quantities(result) == [12]
        assert result.refused == [(n, "different_in_group", "qty", "1.234") for n in (1, 2)]


def test_columns_of_other_types_become_texts(map_file: MapFile) -> None:
    cells = [{"store": "S1", "P1": 1.234, "P2": "1.234", "P3": Decimal("2.500"), "P4": 7}]
    assert quantities(map_file(counts(UNPIVOTED), as_parquet(cells), "x.parquet")) == [
        Decimal("1.234"),
        1234,
        Decimal("2.5"),
        7,
    ]
    dates = [
        {"store": "S1", "sku": "P1", "a": date(2026, 5, 3), "b": datetime(2026, 5, 4, 12), "c": "05.05.2026"}
    ]
    step = "unpivot: {name: kind, value: day, columns: [a, b, c]}"
    result = map_file(counts(step, DAYS, "{constant: 1}", day="day"), as_parquet(dates), "x.parquet")
    assert days_of(result) == ["2026-05-03", "2026-05-04", "2026-05-05"]


@pytest.mark.parametrize("step", [FILLED, SUMMED, NAMED, KEYED])
def test_texts_of_a_csv_file_are_texts(map_file: MapFile, step: str) -> None:
    result = map_file(counts(step), as_csv(rows("1.234", "1,5", one="1")), "x.csv")
    assert quantities(result) == [1234, Decimal("1.5")]


def test_json_within_a_record_behind_a_step(map_file: MapFile) -> None:
    cells = [
        {"store": "S1", "sku": "P1", "at": {"qty": 1.234}},
        {"store": "S1", "sku": "P2", "at": {"qty": "1.234"}},
    ]
    for step in ("fill_down: store", ALL):
        result = map_file(counts(step, quantity="at.qty"), as_json(cells), "x.json")
        assert quantities(result) == [Decimal("1.234"), 1234]


EVERY = TYPED | {"x.csv": as_csv, "x.parquet": as_parquet}


@pytest.mark.parametrize("name", [name for name in EVERY if name != "x.ods"])
def test_a_blank_is_null_in_every_format(map_file: MapFile, name: str) -> None:
    """The guide's own select: a lot without a name is no blocked one."""
    steps = """
        sql: >-
          select list(record) as records, sku, sum(qty) as qty from records
          where lot is distinct from 'blocked' group by sku
    """
    lots = {"P1": [("L1", 10), (None, 5)], "P2": [("-", 7), ("blocked", 1)]}
    told = [{"sku": sku, "lot": lot, "qty": qty} for sku, of in lots.items() for lot, qty in of]
    mapping = counts(steps, "values: {null_words: '-'}\nparse: {qty: number}\n").replace(
        "store_id: store", "store_id: {constant: S1}"
    )
    assert quantities(map_file(mapping, EVERY[name](told), name)) == [15, 7]
    nameless = mapping.replace("lot is distinct from 'blocked'", "lot is null")
    assert quantities(map_file(nameless, EVERY[name](told), name)) == [5, 7]


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.json", "x.parquet"])
def test_a_select_sees_texts_without_what_stands_around_them(map_file: MapFile, name: str) -> None:
    steps = "sql: select list(record) as records, sku, sum(qty) as qty from records where state <> 'off' group by sku"
    told = [
        {"sku": sku, "state": state, "qty": 1}
        for sku, state in (("P1", "on"), (" P1 ", "off  "), ("P1\u200b", "on"), ("P1\u00a0", " on"))
    ]
    mapping = counts(steps, "parse: {qty: number}\n").replace("store_id: store", "store_id: {constant: S1}")
    assert quantities(map_file(mapping, EVERY[name](told), name)) == [3]


def test_a_column_that_a_subquery_makes_is_none_of_the_file(map_file: MapFile) -> None:
    steps = """
        sql: >-
          with big as (select *, upper(sku) as usku from records)
          select list(record) as records, usku as sku, sum(qty) as qty from big group by usku
    """
    told = [{"sku": sku, "qty": 1} for sku in ("p1", "P1", "p2")]
    mapping = counts(steps, "parse: {qty: number}\n").replace("store_id: store", "store_id: {constant: S1}")
    assert quantities(map_file(mapping, as_csv(told), "x.csv")) == [2, 1]
