"""From stock and a forecast to proposals, decisions and the files of purchasing, through dbt and publication."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from retail_assets.intake.identity import require_same_platform
from retail_assets.inventory.knowing import FORECAST, known_on, newest_forecast
from retail_assets.inventory.placing import all_parts, place_orders, place_transfers
from retail_assets.inventory.proposing import propose
from retail_assets.inventory.replenishment import (
    KEPT_DAYS,
    NightProposed,
    a_forecast_to_order_by,
    nothing_is_ordered_twice,
    policy_of,
    propose_night,
)
from retail_assets.inventory.tables import (
    PLACED_ORDER_LINES,
    PLACED_TRANSFERS,
    READS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)
from retail_assets.warehouse.publication import publish
from tests.foretold import foretold, write_forecast
from tests.lake_builder import LakeBuilder
from tests.unit.inventory.conftest import Buyers
from tests.warehouse import AS_OF, Builds

MIDNIGHT = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)
RATES = {
    ("S1", "much"): 0.5,
    ("S2", "much"): 4.0,
    ("S1", "out"): 3.0,
    ("S1", "fine"): 1.0,
    ("S1", "uncounted"): 1.0,
}
STOCK = {("S1", "much"): 400, ("S2", "much"): 0, ("S1", "out"): 0, ("S1", "fine"): 90}
NEXT = AS_OF + timedelta(days=1)


class Retailer:
    """`much` lies in S1 and is missing in S2; `out` is sold out, and an order of it is overdue for a month."""

    def __init__(self, folder: Path) -> None:
        self.lake = LakeBuilder(folder)
        self.builds = Builds(
            self.lake,
            *READS,
            "reorder_proposals",
            "reorder_points",
            "transfer_proposals",
            "placed_order_lines",
            "purchase_order_files",
        )
        require_same_platform(self.lake.platform.settings)
        self.platform = self.lake.platform
        self.people = Buyers(self.platform)
        products = sorted({product for _, product in RATES})
        self.lake.load("stores", [{"store_id": store, "name": store} for store in ("S1", "S2")])
        self.lake.load("products", [
            {"product_id": p, "name": p, "category": "c", "supplier_id": "V1", "cost_price": 4, "selling_price": 9,
             "currency": "EUR"} for p in products
        ])  # fmt: skip
        self.lake.load("supplier_products", [
            {"supplier_id": "V1", "product_id": p, "valid_from": "2026-01-01", "unit_cost": 5, "currency": "EUR",
             "lead_time_days": 6, "pack_size": 6} for p in products
        ])  # fmt: skip
        self.lake.load("stock_counts", [
            {"store_id": s, "product_id": p, "counted_at": MIDNIGHT - timedelta(days=9), "quantity": units}
            for (s, p), units in STOCK.items()
        ])  # fmt: skip
        self.order("old", "out", 48, MIDNIGHT - timedelta(days=40))

    def order(self, po: str, product: str, units: float, at: datetime, *, due: date | None = None) -> None:
        head = {"po_id": po, "supplier_id": "V1", "store_id": "S1", "ordered_at": at, "currency": "EUR",
                "due_on": due}  # fmt: skip
        self.lake.load("purchase_orders", [head])
        line = {"po_id": po, "line_number": 1, "product_id": product, "quantity": units, "unit_cost": 5}
        self.lake.load("purchase_order_lines", [line])

    def build(self, days: int = 0) -> None:
        self.lake.write_ledger()
        at = MIDNIGHT + timedelta(days=days, hours=1)
        self.builds.build(as_of=AS_OF + timedelta(days=days), now=at)

    def decide(self, kind: str, proposal: str, payload: str | None = None) -> None:
        said = self.people.decide(kind, proposal, payload)
        assert not said.startswith("refused"), said
        after = {"approve": "approved", "cut": "cut", "reject": "rejected"}[kind.partition("_")[0]]
        number = len(self.lake.decisions) + 1
        entry = {"entry": number, "decision_id": f"D{number}", "at": MIDNIGHT, "actor": "otto", "kind": kind,
                 "subject": proposal, "payload": payload, "accepted": True, "state_after": after,
                 "message": said}  # fmt: skip
        self.lake.decisions.append(entry)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        publish(platform=self.lake.platform, as_of=AS_OF, run_id="night")
        with duckdb.connect(
            str(self.lake.lake.published.resolve() / "retail.duckdb"), read_only=True
        ) as connection:
            return connection.execute(query).fetchall()

    def propose_and_approve(self, days: int) -> None:
        """A night proposes of what is sold out, and that is placed."""
        night = AS_OF + timedelta(days=days)
        self.build(days=days)
        write_forecast(self.platform, foretold(RATES, night))
        propose_night(self.platform, as_of=night)
        self.decide("approve_order", f"RO-{night:%Y%m%d}-S1:out")
        place_orders(self.platform, night=night)

    def night(self, days: int) -> NightProposed:
        """What a whole night does: places what was approved, builds, proposes, builds what is published."""
        night = AS_OF + timedelta(days=days)
        place_orders(self.platform, night=night)
        place_transfers(self.platform, night=night)
        self.build(days=days)
        write_forecast(self.platform, foretold(RATES, night))
        done = propose_night(self.platform, as_of=night)
        self.build(days=days)
        return done

    @property
    def orders(self) -> Path:
        return self.lake.lake.published.resolve() / "operations" / "purchase_orders"


def test_nights_of_a_retailer(tmp_path: Path) -> None:
    """A night before there are forecasts, then one with a forecast of the day before, and what comes of it: one story,
    each step of which begins where the one before ended."""
    retailer = Retailer(tmp_path)
    retailer.build()
    for step in (
        without_a_forecast_nothing_is_proposed,
        a_night_proposes_with_its_reasons,
        what_was_rejected_is_not_proposed_the_next_night,
        what_a_store_does_not_want_from_another_is_bought,
        what_nobody_sends_is_bought_after_a_week,
        what_is_approved_becomes_a_file_once,
        what_was_placed_is_on_order_until_purchasing_tells_of_it,
        purchasing_may_number_orders_itself,
        old_proposals_go,
    ):
        step(retailer)


def without_a_forecast_nothing_is_proposed(retailer: Retailer) -> None:
    done = propose_night(retailer.platform, as_of=AS_OF)
    assert done.proposed is None
    finding = a_forecast_to_order_by(done)
    assert not finding.passed
    assert "no demand forecast of the last 7 days" in finding.advice
    write_forecast(retailer.platform, foretold(RATES, AS_OF - timedelta(days=7)))
    write_forecast(retailer.platform, foretold(RATES, NEXT))
    assert newest_forecast(retailer.platform, AS_OF) is None, "one is too old, the other of a night to come"
    write_forecast(retailer.platform, foretold(RATES, AS_OF, days=6))
    assert "has 6 days left" in propose_night(retailer.platform, as_of=AS_OF).why


def a_night_proposes_with_its_reasons(retailer: Retailer) -> None:
    write_forecast(retailer.platform, foretold(RATES, AS_OF - timedelta(days=1), version="7"))
    retailer.platform.tables[FORECAST].part(retailer.lake.lake, AS_OF.isoformat()).unlink()  # the short one
    done = propose_night(retailer.platform, as_of=AS_OF)
    finding = a_forecast_to_order_by(done)
    assert not finding.passed
    assert finding.figures["never_counted"] == 1
    assert "never counted, so nothing is ordered of them: count them (" in finding.advice
    retailer.build()
    [row] = retailer.read("""
        select proposal_id, status, supplier_id, demand_quantity, on_order_quantity, overdue_quantity, due_quantity,
            expected_stockout_on, forecast_version, order_quantity % pack_size, order_quantity >= order_up_to
        from reorder_proposals
    """)  # fmt: skip
    assert row == ("RO-20261120-S1:out", "proposed", "V1", 21, 48, 48, 0, AS_OF, "7", 0, True)
    query = "select product_id, origin_store_id, destination_store_id, quantity > 50 from transfer_proposals"
    assert retailer.read(query) == [("much", "S1", "S2", True)]
    assert retailer.read("select count(*) from reorder_points") == [(4,)]


def what_was_rejected_is_not_proposed_the_next_night(retailer: Retailer) -> None:
    retailer.decide("reject_order", "RO-20261120-S1:out")
    known = known_on(retailer.platform, foretold(RATES, NEXT), NEXT)
    proposed = propose(known, policy_of(retailer.platform), as_of=NEXT)
    assert proposed.orders.is_empty()
    assert proposed.points["held_back_by"].drop_nulls().to_list() == ["RO-20261120-S1:out"]
    # The night itself may run again: what it proposed stands there, rejected, and people may change their minds.
    again = propose_night(retailer.platform, as_of=AS_OF)
    assert a_forecast_to_order_by(again).figures["orders"] == 1
    write_forecast(retailer.platform, foretold({**RATES, ("S1", "out"): 30.0}, AS_OF))
    [quantity] = REORDER_PROPOSALS.read(retailer.lake.lake, AS_OF.isoformat())["order_quantity"]
    propose_night(retailer.platform, as_of=AS_OF)
    [anew] = REORDER_PROPOSALS.read(retailer.lake.lake, AS_OF.isoformat())["order_quantity"]
    assert anew == quantity, "what was decided about is not another one under the same name"
    retailer.platform.tables[FORECAST].part(retailer.lake.lake, AS_OF.isoformat()).unlink()
    days = {
        n: known_on(retailer.platform, foretold(RATES, AS_OF), AS_OF + timedelta(days=n)) for n in (14, 15)
    }
    assert (days[14].declined.height, days[15].declined.height) == (1, 0)


def what_a_store_does_not_want_from_another_is_bought(retailer: Retailer) -> None:
    [(transfer, status)] = retailer.read("select transfer_id, status from transfer_proposals")
    assert (transfer, status) == ("TR-20261120-S1:S2:much", "proposed")
    retailer.decide("reject_transfer", transfer)
    known = known_on(retailer.platform, foretold(RATES, NEXT), NEXT)
    proposed = propose(known, policy_of(retailer.platform), as_of=NEXT)
    assert proposed.transfers.is_empty()
    assert ("S2", "much") in proposed.orders.select("store_id", "product_id").rows()
    retailer.build()
    assert retailer.read("select status from transfer_proposals") == [("rejected",)]
    retailer.decide("approve_transfer", transfer)
    assert known_on(retailer.platform, foretold(RATES, NEXT), NEXT).kept_apart.is_empty()


def what_nobody_sends_is_bought_after_a_week(retailer: Retailer) -> None:
    """The first night's was approved; seven more propose one that nobody decides about, and the next one buys."""
    kept = []
    for days in range(1, 9):
        night = AS_OF + timedelta(days=days)
        known = known_on(retailer.platform, foretold(RATES, night), night)
        kept.append(known.kept_apart.select("store_id", "product_id").rows())
        transfers = propose(known, policy_of(retailer.platform), as_of=night).transfers
        TRANSFER_PROPOSALS.write(retailer.lake.lake, night.isoformat(), transfers)
    assert kept == [[]] * 7 + [[("S2", "much")]]
    assert TRANSFER_PROPOSALS.read(retailer.lake.lake, night.isoformat()).is_empty()
    for path in TRANSFER_PROPOSALS.parts(retailer.lake.lake)[1:]:
        path.unlink()


def what_is_approved_becomes_a_file_once(retailer: Retailer) -> None:
    assert not retailer.orders.exists() or not list(retailer.orders.iterdir())
    retailer.decide("cut_order", "RO-20261120-S1:out", '{"quantity": 30}')
    retailer.build()
    assert retailer.read("select status, placed_quantity from reorder_proposals") == [("cut", None)]
    place_orders(retailer.platform, night=AS_OF)
    retailer.build()
    query = "select status, placed_quantity, order_number from reorder_proposals"
    assert retailer.read(query) == [("placed", 30, "V1-20261120-1-1")]
    [file] = retailer.orders.iterdir()
    assert file.name == "V1-20261120-1.csv"
    with file.open(newline="") as content:
        [line] = csv.DictReader(content)
    assert (line["order_number"], line["product_id"], line["quantity"]) == (
        "V1-20261120-1-1",
        "out",
        "30.000",
    )
    written = file.stat()
    place_orders(retailer.platform, night=AS_OF)
    retailer.build()
    retailer.read("select 1")
    assert file.stat() == written


def owed(retailer: Retailer, days: int) -> list[tuple[str, float]]:
    """Kinds and units of what is coming of `out`, without what is overdue."""
    night = AS_OF + timedelta(days=days)
    found = known_on(retailer.platform, foretold(RATES, night), night).incoming
    rows = found.filter(product_id="out").filter(found.filter(product_id="out")["ordered_on"] >= AS_OF)
    return [(kind, float(units)) for kind, units in rows.select("kind", "quantity").iter_rows()]


def the_rest_of_it_is_not_proposed_for_a_week(retailer: Retailer) -> None:
    """What was cut away counts for seven nights, and is said in a number."""
    [cut_away] = [
        proposed - units
        for proposed, units in all_parts(PLACED_ORDER_LINES, retailer.lake.lake)
        .select("proposed_quantity", "quantity")
        .rows()
    ]
    found = {}
    for days in (1, 7, 8):
        night = AS_OF + timedelta(days=days)
        known = known_on(retailer.platform, foretold({**RATES, ("S1", "out"): 4.5}, night), night)
        points = propose(known, policy_of(retailer.platform), as_of=night).points.filter(product_id="out")
        found[days] = points.select("declined_quantity", "held_back_by").row(0)
        assert points["order_quantity"][0] > 0, "more is needed than 30"
    held = (cut_away, "RO-20261120-S1:out")
    assert found == {1: held, 7: held, 8: (0, None)}


def what_was_placed_is_on_order_until_purchasing_tells_of_it(retailer: Retailer) -> None:
    retailer.build(days=1)
    assert owed(retailer, 1) == [("placed", 30)]
    the_rest_of_it_is_not_proposed_for_a_week(retailer)
    retailer.order("V1-20261120-1-1", "out", 30, MIDNIGHT + timedelta(hours=9))
    retailer.build(days=1)
    assert owed(retailer, 1) == [("order", 30)]
    # What never comes in is no longer counted on after a fortnight.
    retailer.build(days=15)
    assert owed(retailer, 15) == [("order", 30)], "the order that came in"


def purchasing_may_number_orders_itself(retailer: Retailer) -> None:
    """What was placed came in as the order 4711 over the same: it is on order once."""
    retailer.propose_and_approve(days=16)
    assert ("placed", 30) not in owed(retailer, 16), "the line of the first night has its order"
    [(_, units)] = [one for one in owed(retailer, 16) if one[0] == "placed"]
    retailer.order("4711", "out", units, MIDNIGHT + timedelta(days=17))
    retailer.build(days=18)
    assert sorted(owed(retailer, 18)) == sorted([("order", 30), ("order", units)])


def old_proposals_go(retailer: Retailer) -> None:
    retailer.build(days=KEPT_DAYS + 1)
    night = AS_OF + timedelta(days=KEPT_DAYS + 1)
    propose_night(retailer.platform, as_of=night)
    assert not REORDER_PROPOSALS.part(retailer.lake.lake, AS_OF.isoformat()).exists()
    retailer.build(days=KEPT_DAYS + 1)
    assert retailer.read("select count(*) from reorder_proposals") == [(0,)]
    assert retailer.read("select count(*) from placed_order_lines") == [(2,)]
    assert len(list(retailer.orders.iterdir())) == 2


def test_an_approved_transfer_counts_until_it_is_booked(tmp_path: Path) -> None:
    """One is approved on Friday, not proposed again on Saturday, sent on Sunday under another number."""
    retailer = Retailer(tmp_path)
    query = "select transfer_id, status, booked_on from placed_transfers order by placed_on"
    of_much = "product_id = 'much' and store_id"
    retailer.night(0)
    [(transfer, units)] = retailer.read("select transfer_id, quantity from transfer_proposals")
    retailer.decide("approve_transfer", transfer)
    retailer.build()
    assert retailer.read("select status from transfer_proposals") == [("approved",)]

    saturday = retailer.night(1)
    assert saturday.proposed is not None
    assert retailer.read(query) == [(transfer, "to_send", None)]
    assert retailer.read("select count(*) from transfer_proposals") == [(0,)]
    assert retailer.read("select count(*) from reorder_proposals where product_id = 'much'") == [(0,)]
    columns = "on_hand_quantity, promised_quantity, in_transit_quantity, stock_position"
    assert retailer.read(f"select {columns} from reorder_points where {of_much} = 'S1'") == [
        (400, units, 0, 400 - units)
    ]
    assert retailer.read(f"select {columns} from reorder_points where {of_much} = 'S2'") == [
        (0, 0, units, units)
    ]
    assert nothing_is_ordered_twice(saturday).figures["transfers_not_booked"] == 0
    parts = PLACED_TRANSFERS.parts(retailer.lake.lake)
    written = [part.read_bytes() for part in parts]

    retailer.lake.load("stock_movements", [
        {"movement_id": "M1", "store_id": "S1", "product_id": "much", "moved_at": MIDNIGHT + timedelta(hours=34),
         "kind": "transfer_out", "quantity": -units, "transfer_id": "4711", "counterpart_store_id": "S2"}
    ])  # fmt: skip
    retailer.night(2)
    booked_on = AS_OF + timedelta(days=1)
    assert retailer.read(query) == [(transfer, "booked", booked_on)]
    assert retailer.read(f"select {columns} from reorder_points where {of_much} = 'S1'") == [
        (400 - units, 0, 0, 400 - units)
    ]
    assert retailer.read(f"select {columns} from reorder_points where {of_much} = 'S2'") == [
        (0, 0, units, units)
    ]
    assert [part.read_bytes() for part in PLACED_TRANSFERS.parts(retailer.lake.lake)] == written


def test_an_approved_transfer_that_nobody_sends_is_told_and_proposed_again(tmp_path: Path) -> None:
    retailer = Retailer(tmp_path)
    retailer.night(0)
    [(transfer,)] = retailer.read("select transfer_id from transfer_proposals")
    retailer.decide("approve_transfer", transfer)
    first = retailer.night(0)
    assert nothing_is_ordered_twice(first).passed
    query = "select transfer_id, status from transfer_proposals"
    assert retailer.read(query) == [(transfer, "placed")], "a night that runs again leaves what was decided"
    finding = nothing_is_ordered_twice(retailer.night(14))
    assert finding.figures["transfers_not_booked"] == 1
    assert retailer.read("select planned_on, status from transfer_proposals") == [
        (AS_OF + timedelta(days=14), "proposed")
    ]
    assert retailer.read("select status from placed_transfers") == [("forgotten",)]
    # It may be taken back.
    retailer.decide("reject_transfer", transfer)
    retailer.build(days=14)
    assert retailer.read("select status from placed_transfers") == [("taken_back",)]
