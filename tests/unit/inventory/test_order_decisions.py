"""What may be decided about a proposed order, and when it is too late."""

from datetime import timedelta
from decimal import Decimal

import pytest

from retail_assets.inventory.decisions import cut_quantity
from retail_assets.inventory.placing import place_orders
from tests.unit.inventory.conftest import NIGHT, Buyers


def test_people_change_their_minds_until_it_is_placed(buyers: Buyers) -> None:
    [proposal] = buyers.propose({})
    said = [
        buyers.decide("approve_order", proposal),
        buyers.decide("approve_order", proposal),
        buyers.decide("reject_order", proposal),
        buyers.decide("reject_order", proposal),
        buyers.decide("cut_order", proposal, '{"quantity": 24}'),
        buyers.decide("cut_order", proposal, '{"quantity": 12}'),
    ]
    assert [one.startswith("refused") for one in said] == [False, True, False, True, False, False]
    assert said[0] == f"{proposal} is approved and goes to purchasing."
    assert said[1] == (
        f"refused: approve_order does not fit: proposed order {proposal} is approved; "
        "it must be cut or proposed or rejected."
    )
    place_orders(buyers.platform, night=NIGHT)
    late = buyers.decide("reject_order", proposal)
    assert late.startswith(f"refused: reject_order does not fit: proposed order {proposal} is placed")


def test_an_approval_that_says_a_quantity_is_none(buyers: Buyers) -> None:
    [proposal] = buyers.propose({})
    said = buyers.decide("approve_order", proposal, '{"quantity": 24}')
    assert said.startswith("refused: approve_order orders all that is proposed, whatever its payload says")
    assert not buyers.decide("approve_order", proposal, '{"note": "as told"}').startswith("refused")


def test_ids_that_a_spreadsheet_runs_are_not_written_into_a_file(buyers: Buyers) -> None:
    rows = ({"supplier_id": '=HYPERLINK("x")'}, {"product_id": "@SUM(A1)"}, {"store_id": "-1+1"})
    for proposal in buyers.propose(*rows):
        assert "would take an id of" in buyers.decide("approve_order", proposal)


def test_who_may_decide(buyers: Buyers) -> None:
    [proposal] = buyers.propose({})
    said = buyers.decide("approve_order", proposal, actor="rita")
    assert said.startswith("refused: rita may not decide approve_order")


def test_only_what_the_newest_night_proposed(buyers: Buyers) -> None:
    [old, decided] = buyers.propose({}, {"product_id": "P2"})
    assert not buyers.decide("approve_order", decided).startswith("refused")
    [new] = buyers.propose({}, night=NIGHT + timedelta(days=1))
    assert buyers.decide("approve_order", old) == (
        f"refused: {old} is out of date: decide about what the newest night proposed."
    )
    assert not buyers.decide("approve_order", new).startswith("refused")
    # What was approved in time may still be taken back, and nothing else: the newest night proposed it anew.
    assert "is approved of an earlier night" in buyers.decide("cut_order", decided, '{"quantity": 12}')
    assert not buyers.decide("reject_order", decided).startswith("refused")
    assert buyers.decide("approve_order", decided).startswith(f"refused: {decided} is out of date")
    assert buyers.decide("approve_order", "RO-1") == "refused: There is no proposed order RO-1."


def test_what_was_rejected_and_proposed_anew_is_ordered_once(buyers: Buyers) -> None:
    [monday] = buyers.propose({})
    buyers.decide("reject_order", monday)
    [tuesday] = buyers.propose({}, night=NIGHT + timedelta(days=1))
    buyers.decide("approve_order", tuesday)
    place_orders(buyers.platform, night=NIGHT + timedelta(days=1))
    assert buyers.decide("approve_order", monday).startswith("refused")
    assert buyers.decide("cut_order", monday, '{"quantity": 12}').startswith("refused")
    assert place_orders(buyers.platform, night=NIGHT + timedelta(days=1)).is_empty()


def test_what_nobody_supplies_cannot_be_ordered(buyers: Buyers) -> None:
    [proposal] = buyers.propose({"supplier_id": None})
    assert buyers.decide("approve_order", proposal) == (
        f"refused: Nobody is known to supply what {proposal} is about: give the product a supplier or terms."
    )


def test_transfers_are_approved_and_rejected(buyers: Buyers) -> None:
    old = buyers.propose_transfer()
    assert not buyers.decide("approve_transfer", old).startswith("refused")
    new = buyers.propose_transfer(NIGHT + timedelta(days=1))
    said = [
        buyers.decide(kind, new)
        for kind in ("reject_transfer", "reject_transfer", "approve_transfer", "cut_order")
    ]
    assert said[0] == f"{new} is rejected: from the next night on what the store lacks is bought."
    assert said[1].startswith(f"refused: reject_transfer does not fit: proposed transfer {new} is rejected")
    assert said[2] == f"{new} is approved: it is to be sent and booked."
    assert said[3].startswith("refused")
    assert not buyers.decide("reject_transfer", old).startswith("refused"), "it may be taken back"
    assert buyers.decide("approve_transfer", old) == (
        f"refused: {old} is out of date: decide about what the newest night proposed."
    )
    assert buyers.decide("approve_transfer", "TR-1") == "refused: There is no proposed transfer TR-1."


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ('{"quantity": 24}', "is cut and goes to purchasing"),
        ('{"quantity": 12.000}', "is cut and goes to purchasing"),
        ('{"quantity": 36}', "proposes 36: cut it to less, or approve it"),
        ('{"quantity": 20}', "comes in packs of 6: order whole ones"),
        ('{"quantity": 6}', "accepts no less than 12: reject it"),
        (None, "needs a payload"),
    ],
)
def test_a_cut_is_something_that_can_be_ordered(buyers: Buyers, payload: str | None, said: str) -> None:
    [proposal] = buyers.propose({})
    outcome = buyers.decide("cut_order", proposal, payload)
    assert said in outcome
    assert outcome.startswith("refused") == ("goes to purchasing" not in said)
    # One that is refused leaves the proposal as it was.
    assert not buyers.decide("approve_order", proposal).startswith("refused")


@pytest.mark.parametrize(
    ("payload", "units"),
    [
        ('{"quantity": 24}', Decimal(24)),
        ('{"quantity": 0.125}', Decimal("0.125")),
        ('{"quantity": 0.0001}', None),
        ('{"quantity": 0}', None),
        ('{"quantity": -6}', None),
        ('{"quantity": 1e99}', None),
        ('{"quantity": 1e999999999}', None),
        ('{"quantity": NaN}', None),
        ('{"quantity": Infinity}', None),
        ('{"quantity": true}', None),
        ('{"quantity": "24"}', None),
        ('{"units": 24}', None),
        ("24", None),
        ("[" * 100_000, None),
        ("{", None),
        (None, None),
    ],
)
def test_what_a_payload_says(payload: str | None, units: Decimal | None) -> None:
    assert cut_quantity(payload) == units
