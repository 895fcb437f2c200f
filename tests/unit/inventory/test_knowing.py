"""What people decided on the nights before, as the next night knows it."""

from datetime import timedelta

import polars as pl

from retail_assets.inventory.knowing import declined_before, kept_apart_before, on_the_way
from retail_assets.inventory.placing import place_orders, place_transfers
from tests.unit.inventory.conftest import NIGHT, Buyers


def decide(buyers: Buyers, days: int, kind: str, units: int = 36, payload: str | None = None) -> str:
    """A proposal of so many days later, what is decided about it, and what the run after it places."""
    night = NIGHT + timedelta(days=days)
    [proposal] = buyers.propose({"order_quantity": units}, night=night)
    assert not buyers.decide(kind, proposal, payload).startswith("refused")
    place_orders(buyers.platform, night=night)
    return proposal


def declined(buyers: Buyers, days: int) -> list[tuple[str, str | None, int]]:
    """What is declined so many days later: by which proposal, of whom, and how much."""
    night = NIGHT + timedelta(days=days)
    found = declined_before(buyers.platform, night, rejected_days=14, cut_days=7)
    columns = found.select("proposal_id", "supplier_id", "declined_quantity").rows()
    return [(proposal, supplier, int(units)) for proposal, supplier, units in columns]


def test_what_was_rejected_or_cut_is_declined_for_a_while(buyers: Buyers) -> None:
    rejected = decide(buyers, 0, "reject_order")
    assert declined(buyers, 0) == [], "the night itself may run again"
    assert declined(buyers, 1) == declined(buyers, 14) == [(rejected, "V1", 36)]
    assert declined(buyers, 15) == []
    cut = decide(buyers, 20, "cut_order", payload='{"quantity": 24}')
    assert declined(buyers, 27) == [(cut, None, 12)]
    assert declined(buyers, 28) == []


def test_the_last_decision_counts(buyers: Buyers) -> None:
    """Whoever orders all of 80 after he rejected 36 wants it; and a cut that is over brings no older rejection back."""
    decide(buyers, 0, "reject_order")
    decide(buyers, 3, "approve_order", 80)
    assert declined(buyers, 4) == []
    decide(buyers, 20, "reject_order")
    cut = decide(buyers, 22, "cut_order", 80, '{"quantity": 60}')
    assert declined(buyers, 29) == [(cut, None, 20)]
    assert declined(buyers, 30) == []


def test_transfers_that_were_approved_are_none_that_nobody_sends(buyers: Buyers) -> None:
    """A store that gets some each night, each approved, still gets it from the other one; seven nights of which nobody
    decides are too many."""

    def apart(days: int) -> int:
        night = NIGHT + timedelta(days=days)
        return kept_apart_before(buyers.platform, night, days=14, nights=7).height

    for days in range(8):
        transfer = buyers.propose_transfer(NIGHT + timedelta(days=days))
        buyers.decide("approve_transfer", transfer)
    assert apart(8) == 0
    for days in range(8, 15):
        assert apart(days) == 0
        buyers.propose_transfer(NIGHT + timedelta(days=days))
    assert apart(15) == 1


def test_goods_go_where_the_approved_transfer_says_when_the_store_does_not(buyers: Buyers) -> None:
    transfer = buyers.propose_transfer()
    buyers.decide("approve_transfer", transfer)
    kept = place_transfers(buyers.platform, night=NIGHT)
    rows = [(transfer, None, "P1"), (transfer, None, "P2"), ("4711", None, "P1"), ("4712", "S3", "P1")]
    goods = pl.DataFrame(
        [(*row, NIGHT, 12) for row in rows],
        schema={
            **dict.fromkeys(["transfer_id", "destination_store_id", "product_id"], pl.String),
            "departed_on": pl.Date,
            "quantity": pl.Decimal(18, 3),
        },
        orient="row",
    )
    assert on_the_way(goods, kept).select("store_id", "product_id").rows() == [("S2", "P1"), ("S3", "P1")]
