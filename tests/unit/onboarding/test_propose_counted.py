"""`propose` asks about records that may not count: orders in some state, and lines that are part of others."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.onboarding.conftest import Run

HEADER = "order no;pos;store;sku;sale date;qty;net price;currency"
LINE = "{};1;S1;A1;26.11.2026;1;2,50;EUR"
ASKED = re.compile(r"^    # CHECK: does (.*) \((.*)\) name orders that do not count\?", re.MULTILINE)
PARTS = re.compile(
    r"^    # CHECK: lines that belong to another line \((.*)\): which of the two", re.MULTILINE
)


def _orders(more: str, values: list[str]) -> str:
    rows = [f"{LINE.format(f'B-{n}')};{value}" for n, value in enumerate(values)]
    return "\n".join([f"{HEADER};{more}", *rows]) + "\n"


def _without_comments(text: str) -> str:
    """The proposal with its rules in force."""
    start, end = text.index("    # leave_out:"), re.search(r"^    \w", text, re.MULTILINE)
    assert end
    return text[:start] + text[start : end.start()].replace("    # ", "    ") + text[end.start() :]


def _admitted(run: Run, path: Path, text: str) -> int:
    mapping = path.with_suffix(".yaml")
    mapping.write_text(text.replace("{constant: }", "{constant: S1}"))
    tried = run("try", path, "--feed", "sales", "--source", mapping, "--json")
    [file] = tried.document["files"]
    assert not file["quarantined"], tried.out
    return int(file["admitted"][0]["sums"]["quantity"])  # of one each


@pytest.mark.parametrize(
    ("name", "values", "out"),
    [
        ("Status", ["Sales Order", "Quotation", "Cancelled", "Locked"], {"Quotation", "Cancelled"}),
        ("status", ["complete", "pending_payment", "canceled", "closed"], {"pending_payment", "canceled"}),
        ("Status", ["CLOSED", "VOIDED", "LAYBY"], {"VOIDED", "LAYBY"}),
        ("Bestellstatus", ["bezahlt", "storniert", "offen"], {"storniert"}),
        ("Statut", ["payée", "annulée"], {"annulée"}),
        ("Estado", ["pagado", "cancelado", "presupuesto"], {"cancelado", "presupuesto"}),
        ("Stato", ["evaso", "annullato", "bozza"], {"annullato", "bozza"}),
        ("Orderstatus", ["betaald", "geannuleerd"], {"geannuleerd"}),
        ("Stan", ["opłacone", "anulowane"], {"anulowane"}),
        ("Financial Status", ["paid", "voided", "refunded"], {"voided"}),
        ("state", ["done", "draft", "cancel"], {"draft", "cancel"}),
        ("Belegart", ["Rechnung", "Angebot", "Lieferschein", "Gutschrift"], {"Angebot", "Lieferschein"}),
        ("Document Type", ["Invoice", "Quote", "Proforma"], {"Quote", "Proforma"}),
    ],
)  # fmt: skip
def test_states_that_do_not_count_are_named_with_the_rule_that_leaves_them_out(
    run: Run, propose, tmp_path: Path, name: str, values: list[str], out: set[str]
) -> None:
    text = propose(_orders(name, values))
    asked = ASKED.search(text)
    assert asked and asked[1] == name and set(asked[2].split(", ")) == set(values), text
    path = tmp_path / "shop_north_2026-11-26.csv"
    assert _admitted(run, path, text) == len(values)
    assert _admitted(run, path, _without_comments(text)) == len(values) - len(out)


def test_a_state_is_asked_about_though_none_that_does_not_count_was_seen(propose) -> None:
    assert ASKED.findall(propose(_orders("status", ["completed", "completed"]))) == [("status", "completed")]
    [(_, shown)] = ASKED.findall(propose(_orders("status", ["3", "9", "Ann Example"])))
    assert shown == "3, 9, …", "nothing but known words and codes"


@pytest.mark.parametrize(
    ("name", "values"),
    [("Ship State", ["OR", "PA"]), ("State", ["Oregon", "Texas"]), ("tax status", ["taxable", "none"]),
     ("Order Type", ["online", "instore"]), ("Type", ["sale", "refund"]),
     ("Fulfillment Status", ["pending", "fulfilled"])],
)  # fmt: skip
def test_states_of_addresses_and_of_parcels_are_none_of_orders(propose, name: str, values: list[str]) -> None:
    assert not ASKED.search(propose(_orders(name, values)))


def test_purchases_are_asked_about_and_counts_are_not(propose) -> None:
    bought = "po no;vendor;ship to;order date;currency;state\n1;V;S;26.11.2026;EUR;rfq\n2;V;S;26.11.2026;EUR;cancel\n"
    assert ASKED.search(propose(bought, feed="purchase_orders"))
    lines = "po no;pos;sku;qty;state\n1;1;A;1;purchase\n2;1;A;1;cancel\n"
    assert ASKED.search(propose(lines, feed="purchase_order_lines"))
    counted = "store;sku;qty;stock date;status\nS;A;5;26.11.2026;draft\n"
    assert not ASKED.search(propose(counted, feed="stock_counts"))


def test_the_state_of_a_nested_order_is_asked_about_once(run: Run, propose, tmp_path: Path) -> None:
    line = {"position": 1, "sku": "A1", "qty": 1, "price": 2.5}
    order = {"store": "S1", "sold_at": "2026-11-26T10:00:00Z", "currency": "EUR", "lines": [line]}
    states = [{"technicalName": "cancelled", "name": "Cancelled"}, {"technicalName": "open", "name": "Open"}]
    orders = [order | {"order_id": f"B-{n}", "stateMachineState": state} for n, state in enumerate(states)]
    text = propose(json.dumps(orders), name="orders.json")
    assert ASKED.findall(text) == [("stateMachineState.technicalName", "cancelled, open")]
    assert _admitted(run, tmp_path / "orders.json", text) == 2
    assert _admitted(run, tmp_path / "orders.json", _without_comments(text)) == 1


def test_a_state_that_only_the_first_line_names_has_to_be_filled_down(propose) -> None:
    text = propose(
        "order no;sku;qty;status\nB-1;A1;1;cancelled\nB-1;A2;1;\nB-2;A1;1;paid\n", name="orders.csv"
    )
    assert re.search(r"name orders that do not count\? It is empty in some records: fill it down first", text)


@pytest.mark.parametrize(
    "name", ["parent_item_id", "parentId", "Übergeordnete Position", "UEPOS", "parent line"]
)
def test_lines_of_lines_are_asked_about(run: Run, propose, tmp_path: Path, name: str) -> None:
    text = propose(_orders(f"product_type;{name}", ["configurable;", "simple;5001", "simple;"]))
    assert PARTS.findall(text) == [f"{name}; product_type: simple, configurable"]
    path = tmp_path / "shop_north_2026-11-26.csv"
    assert _admitted(run, path, _without_comments(text)) == 2


def test_neither_parents_of_categories_nor_empty_ones_are(propose) -> None:
    assert not PARTS.search(propose(_orders("parent category", ["x", "", "y"])))
    assert not PARTS.search(propose(_orders("parent_item_id", ["", "", ""])))


def test_states_and_parts_are_left_out_by_one_list(run: Run, propose, tmp_path: Path) -> None:
    text = propose(_orders("status;parent_item_id", ["canceled;", "complete;", "complete;5002"]))
    path = tmp_path / "shop_north_2026-11-26.csv"
    assert ASKED.search(text) and PARTS.search(text)
    assert _admitted(run, path, _without_comments(text)) == 1
