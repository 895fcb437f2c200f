"""dbt is killed while it writes; the next run has to end where an undisturbed one ends."""

import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_assets.config import DBT_PROJECT_DIR
from retail_assets.warehouse.dbt_command import dbt_environment, dbt_executable
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Warehouse

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


def kill_dbt_at(warehouse: Warehouse, model: str) -> None:
    """Start dbt as a program of its own and kill it as soon as it says that it writes the model."""
    folder = warehouse.path.parent
    command = [str(dbt_executable()), "run", "--select", *MODELS, "--project-dir", str(DBT_PROJECT_DIR)]
    command += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(folder / "target")]
    told = os.environ | dbt_environment(warehouse.settings, as_of=AS_OF) | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--log-path", str(folder / "logs"), "--no-use-colors"],
        env=told,
        stdout=subprocess.PIPE,
        text=True,
    ) as dbt:
        assert dbt.stdout is not None
        output = []
        for said in dbt.stdout:
            output.append(said)
            if "START" in said and f".{model} " in said:
                dbt.send_signal(signal.SIGKILL)
                break
        assert dbt.wait() == -signal.SIGKILL, "".join(output)


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
    for model in kills:
        kill_dbt_at(warehouse, model)
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
