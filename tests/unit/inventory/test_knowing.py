"""What people decided on the nights before, as the next night knows it."""

from datetime import timedelta

from retail_assets.inventory.knowing import declined_before, kept_apart_before
from retail_assets.inventory.placing import place_orders
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
