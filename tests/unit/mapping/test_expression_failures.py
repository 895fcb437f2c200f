"""An expression that fails for a record says which one, over which values and why; one that could only fail is refused
when the mapping is loaded."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.ends import MASK
from retail_assets.feeds.mapping.failures import EXPLAINED
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.mostly_rejected import why_mostly_rejected
from tests.unit.mapping.conftest import MapRows

STOCK = """
    source: shop
    match: {folder: stock_counts, files: "*.csv"}
    parse: {}
    targets:
      - feed: stock_counts
        leave_out: []
        columns:
          store_id: {constant: S1}
          product_id: sku
          counted_at: {constant: 2026-11-20}
          quantity: qty
"""


def stock(old: str, new: str, parse: str = "{}") -> str:
    assert old in STOCK
    return STOCK.replace(old, new).replace("parse: {}", f"parse: {parse}")


def row(sku: str, qty: str = "1", **values: str) -> dict[str, str]:
    return {"sku": sku, "qty": qty, **values}


def told(result: Any) -> list[tuple[str, str | None, str | None]]:
    return [(r["rule"], r["column"], r["value"]) for r in result.rejects]


def test_a_column_names_expression_values_and_cause(map_rows: MapRows) -> None:
    mapping = stock("quantity: qty", 'quantity: {sql: "cast(qty as integer) * cast(packs as integer)"}')
    rows = [row("A", packs="2"), row("B", "x'y", packs="3"), row("C", packs=""), row("D", packs="\x1b[2J")]
    result = map_rows(mapping, rows)
    (_, column, value), (empty, _, _), (_, _, other) = told(result)
    assert column == "quantity"
    assert value == (
        "`cast(qty as integer) * cast(packs as integer)` with qty = 'x'y', packs = '3': "
        "Conversion Error: Could not convert string 'x'y' to INT32"
    )
    assert "packs = '\x1b[2J'" in (other or "") and r"\x1b[2J' to INT32" in (other or "")
    assert empty == "required", "an empty one is null, not failed"


def test_a_rule_names_itself(map_rows: MapRows) -> None:
    mapping = stock("leave_out: []", "leave_out: [{name: old, when: cast(year as integer) < 2020}]")
    [(rule, column, value)] = told(map_rows(mapping, [row("A", year="2019"), row("B", year="MMXX")]))
    assert (rule, column) == ("expression_failed", None)
    assert value and value.startswith(
        "`cast(year as integer) < 2020` (rule old) with year = 'MMXX': Conversion Error"
    )


def test_a_version_and_what_a_rule_sets_do_too(map_rows: MapRows) -> None:
    mapping = stock("leave_out: []", "version: {sql: cast(v as bigint)}")
    [(rule, column, value)] = told(map_rows(mapping, [row("A", v="1"), row("B", v="one")]))
    assert (rule, column) == ("expression_failed", "version") and "v = 'one': Conversion" in (value or "")
    mapping = stock(
        "leave_out: []", "rules: [{name: packs, when: p <> '', set: {quantity: {sql: cast(p as integer)}}}]"
    )
    [(_, column, value)] = told(map_rows(mapping, [row("A", p="x"), row("B", p="")]))
    assert column == "quantity" and "`cast(p as integer)` with p = 'x': Conversion" in (value or "")


def test_of_many_failures_the_first_have_their_cause_and_all_their_values(map_rows: MapRows) -> None:
    mapping = stock("quantity: qty", "quantity: {sql: cast(qty as integer)}")
    rows = [row(str(n), f"no {n // 2}") for n in range(4 * EXPLAINED)]
    values = [value or "" for _, _, value in told(map_rows(mapping, [*rows, row("good")]))]
    assert [f"qty = 'no {n // 2}'" in value for n, value in enumerate(values)] == [True] * len(rows)
    assert [f"Could not convert string 'no {n // 2}'" in value for n, value in enumerate(values)] == (
        [True] * 2 * EXPLAINED + [False] * 2 * EXPLAINED
    )


def test_it_is_quoted_as_far_as_a_person_would_look(map_rows: MapRows) -> None:
    mapping = stock("quantity: qty", "quantity: {sql: cast(qty as integer)}")
    [(_, _, value)] = told(map_rows(mapping, [row("A", "x" * 100_000), row("B")]))
    assert value and len(value) < 500


def test_quarantine_says_it(map_rows: MapRows) -> None:
    mapping = stock("quantity: qty", "quantity: {sql: cast(qty as integer)}")
    result = map_rows(mapping, [row("A", "x"), row("B", "x")])
    rejects = pl.DataFrame(result.rejects).lazy()
    refusal = why_mostly_rejected(result.counts, rejects, at_most=0.5)
    assert refusal is not None
    assert (
        "2 expression_failed in quantity (`cast(qty as integer)` with qty = 'x': Conversion Err"
        in refusal.message
    )


def test_persons_are_masked(map_rows: MapRows) -> None:
    mapping = """
        source: crm
        match: {folder: customers, files: "*.csv"}
        targets:
          - feed: customers
            columns:
              customer_id: {sql: cast(cast(Name as integer) as varchar)}
              name: Name
    """
    [reject] = map_rows(mapping, [{"Name": "Erika"}]).rejects
    assert (reject["rule"], reject["value"]) == ("expression_failed", MASK)


WORDS = [
    "qty = 'not stocked'",
    "'not stocked' = qty",
    "qty <> 'none'",
    "qty in ('none', '5')",
    "qty not in ('none')",
    "qty between 'a' and 'b'",
    "qty >= 'low'",
    "qty is distinct from 'x'",
    "case qty when 'none' then true else false end",
    "not (qty = 'x') and sku = 'x'",
    "nullif(qty, 'not stocked') is null",
    "coalesce(qty, 'none') = 'none'",
    "qty * 2 = 'x'",
    "abs(-qty) = 'viel'",
    "if(sku = 'A', qty, 'none') is null",
    "case when sku = 'A' then qty else 'none' end is null",
]


@pytest.mark.parametrize("when", WORDS)
def test_a_number_beside_a_word_is_refused_when_it_is_loaded(
    mapping_file: Callable[[str], SourceMapping], map_rows: MapRows, when: str
) -> None:
    mapping = stock(
        "leave_out: []", f"leave_out:\n          - name: none\n            when: >-\n              {when}"
    )
    with pytest.raises(
        MappingError, match=r"mapping\.yaml:9: .*`qty` is read as a number .*`parse`: \{qty: text\}"
    ):
        mapping_file(mapping)
    if "*" not in when and "abs" not in when:
        mapping_file(mapping.replace("parse: {}", "parse: {qty: text}"))


def test_then_it_says_what_to_do_and_that_works(map_rows: MapRows) -> None:
    mapping = stock(
        "leave_out: []", "leave_out: [{name: not_stocked, when: qty = 'not stocked'}]", parse="{qty: text}"
    )
    result = map_rows(mapping, [row("A", "5"), row("B", "not stocked"), row("C", "7"), row("D", "seven")])
    assert [str(quantity) for quantity in result.column("quantity", "stock_counts")] == ["5.000", "7.000"]
    assert result.ends == [(2, "left_out", "not_stocked"), (4, "rejected", "not_a_number")]


@pytest.mark.parametrize(
    ("when", "parse"),
    [
        ("day = 'yesterday'", "{day: date}"),
        ("day in ('2026-11-20', 'n/a')", "{day: datetime}"),
        ("done = 'perhaps'", "{done: boolean}"),
        ("pieces = 'none'", "{pieces: integer}"),
    ],
)
def test_so_are_days_and_booleans(
    mapping_file: Callable[[str], SourceMapping], when: str, parse: str
) -> None:
    with pytest.raises(MappingError, match="stands beside the text"):
        mapping_file(stock("leave_out: []", f'leave_out: [{{name: none, when: "{when}"}}]', parse))


@pytest.mark.parametrize(
    ("when", "parse"),
    [
        ("qty = '5'", "{}"),
        ("qty in ('5', '7.5', null)", "{}"),
        ("sku = 'not stocked'", "{}"),
        ("day = '2026-11-20'", "{day: date}"),
        ("day + 1 = '2026-11-20'", "{day: date}"),
        ("coalesce(qty, 0) = 0", "{}"),
        ("cast(qty as varchar) = 'x'", "{}"),
    ],
)
def test_what_fits_is_let_through(
    mapping_file: Callable[[str], SourceMapping], when: str, parse: str
) -> None:
    mapping_file(stock("leave_out: []", f'leave_out: [{{name: none, when: "{when}"}}]', parse))


def test_a_column_declared_as_text_is_still_read_as_what_takes_it(map_rows: MapRows) -> None:
    mapping = """
        source: till
        match: {folder: products, files: "*.csv"}
        parse: {EK: text}
        targets:
          - feed: products
            columns: {product_id: Nr, name: Nr, category: Nr, cost_price: EK}
    """
    result = map_rows(mapping, [{"Nr": "1", "EK": "1.5"}, {"Nr": "2", "EK": "dear"}, {"Nr": "3", "EK": " "}])
    assert told(result) == [("not_a_number", "cost_price", "dear")], "it was null, without a word"
    assert [str(cost) for cost in result.column("cost_price", "products")] == ["1.500000", "None"]
