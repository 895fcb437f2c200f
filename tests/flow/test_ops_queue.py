"""The queue of operations, against a plain reading of its contract."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from retail_assets.returns import rules
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Warehouse

NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 1, tzinfo=UTC)
MODELS = (
    "stg_customers",
    "stg_merchants",
    "stg_return_cases",
    "stg_return_events",
    "+ops_queue",
    "+return_cases",
)


def test_its_order_and_its_times(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    lake = LakeBuilder(warehouse.settings.data_dir)
    rng = random.Random(7)
    cases = {
        f"R-{number:03}": (
            # Few different moments and states, so that every rule of the order decides somewhere.
            NOW - timedelta(hours=rng.choice([1, 7, 23, 71, 100, 119, 120, 121, 239, 500])),
            rng.choice([*rules.STATUSES, None]),
            rng.choice([*rules.PRIORITIES, None]),
        )
        for number in range(200)
    }
    rows = [
        {"case_id": case_id, "created_at": created, "status": status, "priority": priority,
         "customer_id": "C1", "merchant_id": "M1"}
        for case_id, (created, status, priority) in cases.items()
    ]  # fmt: skip
    lake.load("return_cases", rows)
    lake.load("customers", [{"customer_id": "C1", "name": "Ann", "email": "ann@example.com"}])
    lake.load("merchants", [{"merchant_id": "M1", "display_name": "Shoes"}])
    lake.write_ledger()
    warehouse.build(*MODELS, as_of=AS_OF)

    expected = []
    for case_id, (created, said_status, said_priority) in cases.items():
        status, priority = said_status or rules.FIRST_STATUS, said_priority or rules.FIRST_PRIORITY
        if status in rules.FINAL_STATUSES:
            continue  # nobody knows since when
        due = created + timedelta(hours=rules.SLA_HOURS[priority][1])
        expected.append((due >= NOW, -rules.PRIORITIES.index(priority), due, created, case_id))
    expected.sort()
    found = warehouse.rows(
        "select not is_breached, position, page, sla_due_at, created_at, case_id, customer_name, merchant_name "
        "from marts.ops_queue order by position"
    )
    assert [(late, due, created, case_id) for late, _, _, due, created, case_id, *_ in found] == [
        (late, due, created, case_id) for late, _, due, created, case_id in expected
    ]
    assert [(position, page) for _, position, page, *_ in found] == [
        (number, (number - 1) // 15 + 1) for number in range(1, len(expected) + 1)
    ]
    assert {names for *_, names in ((row[-2:],) for row in found)} == {("Ann", "Shoes")}
