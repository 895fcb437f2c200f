"""Which columns a model's columns are made of."""

from pathlib import Path

import pytest

from retail_assets.warehouse import lineage
from retail_assets.warehouse.lineage import KnownLineage, column_lineage

SALES, STORES = '"warehouse"."staging"."stg_sales"', '"warehouse"."marts"."stores"'
PARENTS = {
    SALES: {"store_id": "varchar", "quantity": "decimal(18,3)", "price": "decimal(18,6)"},
    STORES: {"store_id": "varchar", "name": "varchar"},
}
SQL = f"""
    with lines as (select store_id, quantity * price as revenue from {SALES})
    select stores.name, sum(lines.revenue) as revenue, 1 as one
    from lines inner join {STORES} as stores on lines.store_id = stores.store_id group by all
"""
COLUMNS = {"name": "varchar", "revenue": "decimal(38,9)", "one": "integer"}
FOUND = {"name": [(STORES, "name")], "revenue": [(SALES, "price"), (SALES, "quantity")], "one": []}


def test_columns_come_from_columns_through_expressions_and_joins():
    assert column_lineage(SQL, columns=COLUMNS, parents=PARENTS) == FOUND


def known_in(folder: Path) -> KnownLineage:
    return KnownLineage(folder / "lineage.json")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    known = known_in(tmp_path)
    assert known.of("sales", SQL, columns=COLUMNS, parents=PARENTS) == FOUND
    known.keep()
    return tmp_path


def test_it_is_worked_out_once(kept: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lineage, "column_lineage", lambda *_, **__: {"name": []})
    assert known_in(kept).of("sales", SQL, columns=COLUMNS, parents=PARENTS) == FOUND
    assert known_in(kept).of("sales", None, columns=COLUMNS, parents=PARENTS) == FOUND, (
        "it was not built anew"
    )
    another = known_in(kept).of("sales", SQL + " order by 1", columns=COLUMNS, parents=PARENTS)
    assert another == {"name": []}


def test_platforms_of_one_project_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one = KnownLineage(tmp_path / "one.json", tmp_path / "shared.json")
    assert one.of("sales", SQL, columns=COLUMNS, parents=PARENTS) == FOUND
    one.keep()
    monkeypatch.setattr(lineage, "column_lineage", lambda *_, **__: {"name": []})
    another = KnownLineage(tmp_path / "another.json", tmp_path / "shared.json")
    assert another.of("sales", SQL, columns=COLUMNS, parents=PARENTS) == FOUND
    assert another.of("sales", SQL, columns=COLUMNS | {"more": "integer"}, parents=PARENTS) == {"name": []}
    another.keep()
    assert KnownLineage(tmp_path / "another.json").of("sales", None, columns=COLUMNS, parents=PARENTS) == {
        "name": []
    }


def test_a_model_that_nobody_knows_and_sql_that_cannot_be_read_have_none(tmp_path: Path):
    assert known_in(tmp_path).of("sales", None, columns=COLUMNS, parents=PARENTS) == {}
    assert known_in(tmp_path).of("sales", "select from where", columns=COLUMNS, parents=PARENTS) == {}


@pytest.mark.parametrize("content", ["", '{"sales": {'])
def test_a_file_that_a_power_cut_left_half_written_is_forgotten(kept: Path, content: str):
    (kept / "lineage.json").write_text(content)
    assert known_in(kept).of("sales", SQL, columns=COLUMNS, parents=PARENTS) == FOUND
