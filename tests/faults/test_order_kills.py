"""A process that is killed while it gives orders to purchasing: the next one finishes it and orders nothing twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from retail_assets.config import REPOSITORY
from retail_assets.inventory.placing import place_orders, place_transfers
from retail_assets.inventory.tables import PLACED_ORDER_LINES, PLACED_TRANSFERS, PURCHASE_ORDER_FILES
from retail_assets.platform import Platform
from tests.unit.inventory.conftest import NIGHT, Buyers

TABLES = (PLACED_ORDER_LINES, PURCHASE_ORDER_FILES, PLACED_TRANSFERS)


def place(buyers: Buyers, killed_at: int, when: str) -> int:
    program = [sys.executable, "-m", "tests.faults.order_driver", buyers.lake.root, killed_at, when]
    return subprocess.run([str(word) for word in program], cwd=REPOSITORY, check=False).returncode


def contents(buyers: Buyers) -> dict[str, bytes]:
    paths: list[Path] = [path for table in TABLES for path in table.parts(buyers.lake)]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths}


@pytest.mark.parametrize(
    ("killed_at", "when", "parts"),
    [
        (0, "before", [0, 0, 0]),
        (0, "after", [1, 0, 0]),
        (1, "before", [1, 0, 0]),
        (1, "after", [1, 1, 0]),
        (2, "before", [1, 1, 0]),
        (2, "after", [1, 1, 1]),
    ],
)
def test_a_killed_run_is_finished_by_the_next(
    platform: Platform, killed_at: int, when: str, parts: list[int]
) -> None:
    """Killed before and after lines, files and transfers are in place: what lies there afterwards is what one run would
    leave."""
    buyers = Buyers(platform)
    buyers.decide("approve_transfer", buyers.propose_transfer())
    one, two, refused = buyers.propose({}, {"product_id": "P2", "supplier_id": "V2"}, {"product_id": "P3"})
    buyers.decide("approve_order", one)
    buyers.decide("cut_order", two, '{"quantity": 12}')
    buyers.decide("reject_order", refused)

    assert place(buyers, killed_at, when) == -9
    assert [len(table.parts(buyers.lake)) for table in TABLES] == parts

    assert place(buyers, -1, "never") == 0
    left = contents(buyers)
    assert sorted(left) == sorted(f"{table.name}/{NIGHT}-0001.parquet" for table in TABLES)
    placed = PLACED_ORDER_LINES.read(buyers.lake, f"{NIGHT}-0001")
    assert placed.select("file_name", "product_id", "quantity").rows() == [
        ("V1-20261120-1", "P1", 36),
        ("V2-20261120-1", "P2", 12),
    ]
    assert PURCHASE_ORDER_FILES.read(buyers.lake, f"{NIGHT}-0001")["line_count"].to_list() == [1, 1]

    assert place_orders(platform, night=NIGHT).is_empty()
    assert place_transfers(platform, night=NIGHT).is_empty()
    assert contents(buyers) == left
