"""What is given back: over several nights it is found by the order that it gives back, and counted once."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from tests.lake_builder import LakeBuilder
from tests.warehouse import Rows, Warehouse

NIGHTS = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
QUERIES = {
    "money": "select product_id, sum(revenue)::int, sum(units_returned)::int from marts.sales_daily group by all",
    "stock": "select product_id, store_id, quantity::int from marts.stock_levels where is_counted",
    "credits": "select order_id, credit_status, over_credited_amount::int from marts.sales_orders",
    "sources": "select order_id, source, other_source, line_count, revenue::int from marts.sales_orders",
}


@dataclass
class Shop:
    """Drops rows, and keeps what stood in the marts after each night."""

    lake: LakeBuilder
    warehouse: Warehouse
    stood: list[dict[str, Rows]] = field(default_factory=list)
    warned: list[dict[str, int]] = field(default_factory=list)

    def sell(self, product: str, *lines: str, source: str = "shop", day: int = 15) -> None:
        """Lines such as `W1 1 WEB 3 10`, and the order that they give back."""
        rows = []
        for line in lines:
            order, number, store, quantity, price, *credited = line.split()
            rows.append(
                {
                    "order_id": order,
                    "line_number": number,
                    "store_id": store,
                    "product_id": product,
                    "sold_at": f"2026-11-{day} 10:00:00+00",
                    "quantity": quantity,
                    "unit_price": price,
                    "currency": "EUR",
                    "credited_order_id": credited[0] if credited else None,
                }
            )
        self.lake.load("sales", rows, source=source, on=self.today)

    def bring_back(self, product: str, *movements: str) -> int:
        rows = [
            dict(zip(("movement_id", "order_id", "store_id", "quantity"), line.split(), strict=True))
            | {"product_id": product, "kind": "customer_return", "moved_at": "2026-11-17 09:00:00+00"}
            for line in movements
        ]
        return self.lake.load("stock_movements", rows, source="wms", on=self.today)

    def cancel(self, order: str) -> int:
        event: dict[str, Any] = {"event_id": f"{order}-off", "order_kind": "sales", "order_id": order}
        event |= {"at": "2026-11-16 09:00:00+00", "status": "cancelled"}
        return self.lake.load("order_events", [event], source="shop", on=self.today)

    @property
    def today(self) -> date:
        return NIGHTS[len(self.stood)]

    def night(self) -> None:
        self.lake.write_ledger()
        self.warehouse.build("+sales_orders", "+sales_daily", "+stock_levels", as_of=self.today)
        tests = "test_name:none_over_credited", "test_name:none_of_several_sources"
        done = self.warehouse.dbt("test", "--select", *tests, as_of=self.today)
        self.warned.append(
            {r.node.name.split("_sales_orders")[0]: r.failures for r in done.result if r.status == "warn"}
        )
        self.stood.append(
            {name: sorted(self.warehouse.rows(query), key=str) for name, query in QUERIES.items()}
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("credits")
    shop = Shop(LakeBuilder(folder), Warehouse(folder))
    counted = [
        ("off", "WEB"),
        ("moved", "WEB"),
        ("moved", "S1"),
        ("late", "WEB"),
        ("late", "S1"),
        ("both", "WEB"),
    ]
    counts = [
        {"store_id": store, "product_id": p, "counted_at": "2026-11-10 08:00:00+00", "quantity": 100}
        for p, store in counted
    ]
    shop.lake.load("stock_counts", counts, on=shop.today)
    shop.sell("off", "W1 1 WEB 3 10")
    shop.sell("off", "C1 1 WEB -3 10 W1", day=17)
    shop.sell("moved", "W2 1 WEB 3 10", "C2 1 WEB -1 10 W2")
    shop.bring_back("moved", "M1 W2 S1 1", "M2 C2 S1 2")
    shop.sell("late", "W3 1 WEB 5 10", "C3 1 WEB -3 10 W3")
    shop.sell("both", "W4 1 WEB 2 10", "R4 1 WEB -2 10 W4")
    shop.sell("lines", "W5 1 WEB 2 10", "W5 2 WEB 1 5", "W6 1 S1 1 10")
    shop.sell("lines", "W7 1 S1 1 10", day=18)
    shop.night()
    cancelled, off = shop.cancel("W1"), shop.bring_back("off", "M3 W1 WEB 3")
    late = shop.bring_back("late", "M4 C3 S1 1")
    shop.sell("both", "GS4 1 WEB -2 10 W4", source="erp")
    # The shop's order under the ERP's numbers, another till's receipt 6, and the same line as it was.
    shop.sell("lines", "W5 10 WEB 2 10", "W5 20 WEB 1 5", "W6 2 S2 1 500", source="erp")
    shop.sell("lines", "W7 1 S1 1 10", source="erp", day=18)
    shop.night()
    for drop in (cancelled, off, late):
        shop.lake.withdraw(drop)
    shop.night()
    return shop


def over_the_nights(shop: Shop, query: str, subject: str) -> list[Rows]:
    """What each night said of a product or an order."""
    return [[row[1:] for row in night[query] if row[0] == subject] for night in shop.stood]


def test_what_gives_back_a_cancelled_order_counts_as_little_as_the_order(shop: Shop) -> None:
    """Once it is cancelled, and not once that is withdrawn; the movement of its goods neither."""
    assert over_the_nights(shop, "money", "off") == [[(0, 3)], [], [(0, 3)]]
    assert over_the_nights(shop, "stock", "off") == [[("WEB", 100)]] * 3
    assert over_the_nights(shop, "credits", "C1") == [
        [("linked", 0)],
        [("cancelled_order", 0)],
        [("linked", 0)],
    ]


def test_goods_come_back_where_movements_say(shop: Shop) -> None:
    assert over_the_nights(shop, "stock", "moved") == [[("S1", 103), ("WEB", 97)]] * 3
    assert over_the_nights(shop, "money", "moved") == [[(20, 1)]] * 3


def test_a_line_puts_back_what_no_movement_tells_of(shop: Shop) -> None:
    """3 of 5 are credited; of one it is told a night later that it came in another store, and then that it did not."""
    assert over_the_nights(shop, "stock", "late") == [
        [("S1", 100), ("WEB", 98)],
        [("S1", 101), ("WEB", 97)],
        [("S1", 100), ("WEB", 98)],
    ]


def test_what_is_given_back_twice_is_told(shop: Shop) -> None:
    assert over_the_nights(shop, "credits", "W4") == [[(None, 0)], *[[("over_credited", 20)]] * 2]
    assert [night.get("none_over_credited") for night in shop.warned] == [None, 1, 1]


def test_an_order_from_two_sources_is_told_in_the_night_that_brought_it(shop: Shop) -> None:
    assert over_the_nights(shop, "sources", "W5") == [
        [("shop", None, 2, 25)],
        *[[("erp", "shop", 4, 50)]] * 2,
    ]
    assert over_the_nights(shop, "sources", "W6") == [
        [("shop", None, 1, 10)],
        *[[("erp", "shop", 2, 510)]] * 2,
    ]
    assert [night.get("none_of_several_sources") for night in shop.warned] == [None, 2, None]


def test_an_equal_line_of_another_source_is_that_sources(shop: Shop) -> None:
    assert over_the_nights(shop, "sources", "W7") == [[("shop", None, 1, 10)], *[[("erp", None, 1, 10)]] * 2]
