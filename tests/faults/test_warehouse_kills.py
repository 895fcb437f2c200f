"""dbt is killed while it writes; the next run has to end where an undisturbed one ends."""

import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.children import children, forks_import
from tests.lake_builder import LakeBuilder
from tests.warehouse import Warehouse

forks_import(__name__)
forks_import("dbt.cli.main")
forks_import("dbt.adapters.duckdb.impl")

MODELS = ("+sales_orders", "+sales_daily")
TABLES = (
    "staging.stg_sales",
    "marts.order_history",
    "marts.sales_lines",
    "marts.sales_daily",
    "marts.sales_orders",
)
ORDERS = 4_000


def lines(orders: range, *, quantity: int) -> list[dict[str, Any]]:
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    return [
        {
            "order_id": f"O{order}",
            "line_number": line,
            "store_id": f"S{order % 3}",
            "product_id": f"P{order % 50}",
            "sold_at": start + timedelta(days=order % 19),
            "quantity": quantity,
            "unit_price": "1.99",
            "currency": "EUR",
        }
        for order in orders
        for line in (1, 2)
    ]


def cancellations(orders: range) -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"E{order}",
            "order_kind": "sales",
            "order_id": f"O{order}",
            "at": "2026-11-19 12:00:00+00",
            "status": "cancelled",
        }
        for order in orders
    ]


def run_and_die(data_dir: Path, model: str, seconds_later: float) -> None:
    """Run dbt, and die by SIGKILL some time after it says that it begins with a model."""

    def die(event: Any) -> None:
        if event.info.name == "LogStartLine" and f".{model} " in f"{event.info.msg} ":
            threading.Timer(seconds_later, os.kill, (os.getpid(), signal.SIGKILL)).start()

    Warehouse(data_dir).dbt("run", "--select", *MODELS, on_event=die)


def kill_dbt_at(warehouse: Warehouse, model: str, seconds_later: float) -> None:
    child = children.Process(target=run_and_die, args=(warehouse.settings.data_dir, model, seconds_later))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("first_build", [True, False], ids=["first build", "next night"])
def test_killed_dbt_loses_nothing_and_doubles_nothing(tmp_path: Path, first_build: bool) -> None:
    lake, warehouse = LakeBuilder(tmp_path / "killed"), Warehouse(tmp_path / "killed")
    lake.load("sales", lines(range(ORDERS), quantity=1))
    if not first_build:
        lake.write_ledger()
        warehouse.build(*MODELS)
    lake.load("sales", lines(range(0, ORDERS, 2), quantity=3))
    lake.load("order_events", cancellations(range(0, ORDERS, 5)))
    lake.write_ledger()

    kills = ["stg_sales", "sales_lines", "sales_orders"] if first_build else ["sales_lines", "sales_daily"]
    for number, model in enumerate(kills):
        kill_dbt_at(warehouse, model, seconds_later=0.01 * number)
    warehouse.build(*MODELS)

    undisturbed = Warehouse(tmp_path / "undisturbed")
    (tmp_path / "undisturbed" / "lake").symlink_to(tmp_path / "killed" / "lake")
    undisturbed.build(*MODELS)
    for table in TABLES:
        assert warehouse.table(table) == undisturbed.table(table), table
    expected = [(2 * ORDERS, 2 * ORDERS // 5)]
    assert (
        warehouse.rows("select count(*), count(*) filter (is_cancelled) from marts.sales_lines") == expected
    )
