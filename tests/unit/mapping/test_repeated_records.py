"""What is summed and stands in the file twice: a block that was appended again doubles all quantities in it."""

import random
from collections import Counter
from decimal import Decimal

import polars as pl
import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.mostly_rejected import why_mostly_rejected
from tests.unit.mapping.conftest import MapFile, MapRows, Result
from tests.unit.mapping.exports import as_excel, as_ndjson

PER = "[store, sku]"


def counts(more: str = "", per: str = PER, before: str = "") -> str:
    return (
        f'source: wms\nmatch: {{folder: stock_counts, files: "*"}}\n{before}'
        f"reshape: {{sum: {{per: {per}, columns: qty{more}}}}}\ntargets:\n  - feed: stock_counts\n"
        "    columns: {store_id: store, product_id: sku, counted_at: {constant: '2026-05-30'}, quantity: qty}\n"
    )


def lines(*parts: tuple[str, int]) -> list[dict[str, str]]:
    return [{"store": "S1", "sku": sku, "qty": str(qty)} for sku, qty in parts]


def quantities(result: Result) -> dict[str, Decimal]:
    return {row["product_id"]: row["quantity"] for row in result.rows("stock_counts")}


def rules(result: Result) -> Counter[str]:
    return Counter(rule for _, end, rule in result.ends if end == "rejected")


A, B, C, D, E = (("A", 3), ("B", 2), ("C", 7), ("D", 1), ("E", 4))
LONG = [(f"P{number}", number % 17) for number in range(200)]
DOUBLED = {
    "whole": [A, B, C, A, B, C],
    "two records": [A, B, A, B],
    "three times": [A, B, C, A, B, C, A, B, C],
    "a block": [D, A, B, C, E, A, B, C],
    "a block at once": [A, B, C, A, B, C, D, E],
    "with equal lines in it": [A, A, B, C, C, D, A, A, B, C, C, D],
    "with zeros between": [A, ("Z", 0), B, C, A, B, C],
    "sorted": [A, A, B, B, C, C],
    "two blocks": [*LONG, *LONG[40:60], *LONG[150:157]],
    "long": [*LONG, *LONG],
}


@pytest.mark.parametrize("name", DOUBLED)
def test_a_run_that_repeats_another_is_not_summed(map_rows: MapRows, name: str) -> None:
    parts = DOUBLED[name]
    result = map_rows(counts(), lines(*parts))
    once = Counter(sku for sku, _ in dict.fromkeys(parts))
    again = {sku for sku, qty in parts if qty and Counter(parts)[sku, qty] > 1}
    assert set(once) - set(quantities(result)) == again
    assert set(rules(result)) == {"repeated_records", "incomplete_group"}
    told = [row for row in result.rejects if row["rule"] == "repeated_records"]
    for row in told:
        assert row["column"] == "qty"
        assert parts[int(row["value"].removeprefix("record ")) - 1] == parts[row["record"] - 1]
    kept = map_rows(counts(", repeats: keep"), lines(*parts))
    assert quantities(kept) == {sku: sum(q for s, q in parts if s == sku) for sku in once}


@pytest.mark.parametrize("name", ["whole", "a block", "three times", "two blocks", "with equal lines in it"])
def test_repeats_that_are_dropped_count_once(map_rows: MapRows, name: str) -> None:
    parts = DOUBLED[name]
    result = map_rows(counts(", repeats: drop"), lines(*parts))
    single = parts[: len(parts) // 2] if name.startswith("with") else dict.fromkeys(parts)
    expected: Counter[str] = Counter()
    for sku, qty in single:
        expected[sku] += qty
    assert quantities(result) == expected
    dropped = sum(qty > 0 for _, qty in parts) - sum(qty > 0 for _, qty in single)
    assert result.counts[0].by_rule["duplicate/repeat"] == result.counts[0].duplicate == dropped


HONEST = {
    "two bins": [A, A, B, C],
    "bins here and there": [A, B, C, A, D, B],
    "three equal bins": [A, A, A, A, A, A],
    "one product": [("A", 1), ("A", 2), ("A", 3), ("B", 5), ("A", 1), ("A", 2), ("A", 3)],
    "nothing there": [("A", 0), ("B", 0), ("C", 0), ("A", 0), ("B", 0), ("C", 0)],
}


@pytest.mark.parametrize("name", HONEST)
def test_equal_lines_are_lines(map_rows: MapRows, name: str) -> None:
    result = map_rows(counts(), lines(*HONEST[name]))
    assert not result.rejects
    assert sum(quantities(result).values()) == sum(qty for _, qty in HONEST[name])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most", [1, 2, 5])
def test_locations_with_much_the_same_stock(map_rows: MapRows, seed: int, most: int) -> None:
    """The export of a warehouse that does not say which bin a line is of: runs are equal by chance, too."""
    chance = random.Random(seed)
    parts = [
        (f"P{sku}", chance.randint(1, most + 1))
        for _ in range(20)
        for sku in range(60)
        if chance.random() < 0.7
    ]
    assert not map_rows(counts(), lines(*parts)).rejects


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.ndjson"])
def test_a_file_appended_to_itself(map_file: MapFile, name: str) -> None:
    rows = lines(A, B, C, D)
    csv = pl.DataFrame(rows).write_csv().encode()
    content = {"x.csv": csv + csv, "x.xlsx": as_excel(rows + rows), "x.ndjson": as_ndjson(rows + rows)}[name]
    result = map_file(counts(), content, name)
    assert rules(result) == {"repeated_records": 4, "incomplete_group": 4}
    refusal = why_mostly_rejected(result.counts, pl.LazyFrame(result.rejects), at_most=0.5)
    assert refusal and "`repeats: drop` to count them once" in refusal.message
    assert quantities(map_file(counts(", repeats: drop"), content, name)) == dict([A, B, C, D])


def test_a_sheet_that_is_a_copy(map_rows: MapRows) -> None:
    sheets = {n: "May" if n < 4 else "May (2)" for n in range(1, 7)}
    rows = lines(A, B, C, A, B, C)
    assert rules(map_rows(counts(), rows, file_format="excel", place=sheets))["repeated_records"] == 3
    named = counts(per="[store, sku, sheet_name]").replace("store_id: store", "store_id: sheet_name")
    assert not map_rows(named, rows, file_format="excel", place=sheets).rejects


SETTLEMENT = """
    source: marketplace
    match: {folder: sales, files: "*"}
    reshape:
      pivot: {per: [order, sku, posted], name: type, value: amount, sum: true}
    targets:
      - feed: sales
        columns: {order_id: order, line_number: {constant: 1}, store_id: {constant: AMZ}, product_id: sku,
          sold_at: posted, quantity: {constant: 1}, unit_price: Principal, currency: {constant: EUR}}
"""


def test_a_settlement_that_holds_itself_twice(map_rows: MapRows) -> None:
    rows = [
        {"order": order, "sku": "P", "posted": "2026-05-30", "type": kind, "amount": amount}
        for order in "AB"
        for kind, amount in (("Principal", "20"), ("Fee", "-3"))
    ]
    assert rules(map_rows(SETTLEMENT, rows + rows))["repeated_records"] == 4
    dropped = map_rows(SETTLEMENT.replace("sum: true", "sum: true, repeats: drop"), rows + rows)
    assert dropped.column("unit_price") == [20, 20]
    assert dropped.counts[0].duplicate == 4
    # Each unit of an order has its own lines.
    units = [*rows[:2], *rows[:2], *rows[2:]]
    assert map_rows(SETTLEMENT, units).column("unit_price") == [40, 20]
    with pytest.raises(MappingError, match="`repeats` belongs to `sum: true`"):
        map_rows(SETTLEMENT.replace("sum: true", "repeats: drop"), rows)
