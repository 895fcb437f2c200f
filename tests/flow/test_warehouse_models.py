"""The dbt project as a whole: it builds, its own tests pass, and everything in it is described and tested."""

import json
import os
from typing import Any

import duckdb
import pytest

from retail_assets.config import DBT_PROJECT_DIR
from retail_assets.warehouse.dictionary import MART_TYPES, mart_types
from retail_assets.warehouse.lineage import column_lineage, relations_of
from retail_assets.warehouse.manifest import read_manifest
from retail_assets.warehouse.relations import open_relations
from tests.lake_builder import LakeBuilder
from tests.random_trade import random_trade
from tests.warehouse import AS_OF, Warehouse

MASTER: dict[str, list[dict[str, Any]]] = {
    "products": [
        {"product_id": f"P{n}", "name": f"Pen {n}", "category": "Paper", "cost_price": 1, "currency": "EUR"}
        for n in range(20)
    ],
    "stores": [{"store_id": f"S{n}", "name": f"Store {n}"} for n in range(3)],
    "supplier_products": [
        {"supplier_id": "X", "product_id": "P1", "unit_cost": 1, "currency": "EUR", "lead_time_days": 3}
    ],
    "return_cases": [
        {
            "case_id": "R1",
            "created_at": "2026-11-19 10:00:00+00",
            "item_category": "Jeans",
            "store_id": "S1",
            "product_id": "P1",
            "customer_id": "secret-1",
            "customer_message": "secret",
            "assigned_to": "secret",
        }
    ],
    "suppliers": [{"supplier_id": "X", "name": "Pens & Co", "tax_id": "DE-secret", "iban": "DE00-secret"}],
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Built once, from a random history, by a plain `dbt build` with all its data and unit tests."""
    warehouse = Warehouse(tmp_path_factory.mktemp("models"))
    lake = LakeBuilder(warehouse.settings.data_dir)
    for feed, rows in (random_trade(seed=5) | MASTER).items():
        rejects = [{"feed": feed, "record": 9, "rule": "test_rule", "column": "name", "value": "***"}]
        flags = [{"feed": feed, "record": 1, "rule": "pattern", "column": "barcode", "value": "12"}]
        told = {"stores": {"rejects": rejects}, "products": {"flags": flags}}
        lake.load(feed, rows, **told.get(feed, {}))
    photo = lake.drop({}, folder="refunds")
    image = {"sequence": photo, "name": "1.jpg", "folder_case_id": "R1", "admitted_on": AS_OF}
    lake.part("refund_images", "a-night", [image])
    lake.part("refund_item_predictions", "a-night", [{"sequence": photo, "predicted_class": "Jeans"}])
    theirs = {"model": "theirs", "version": 1, "registered_at": "2026-11-19 10:00:00+00"}
    tags = {"origin": "s3", "main_metric": "*", "metrics": "none", "promoted_by": "them"}
    lake.part("registered_model_versions", "versions", [theirs, theirs | tags | {"version": 2}])
    lake.quarantine("sales", "broken.csv", reason="not_text", message="Not a text file.")
    lake.write_ledger()
    done = warehouse.dbt("build", as_of=AS_OF)
    failed = [f"{r.node.name}: {r.message}" for r in done.result if r.status in ("error", "fail", "skipped")]
    assert done.success, failed
    return warehouse


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text())


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_every_column_is_described(warehouse: Warehouse, manifest: dict[str, Any]) -> None:
    bare = [
        f"{schema}.{table}.{column}"
        for schema, table, column in warehouse.rows(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where schema_name in ('staging', 'intermediate', 'marts')"
        )
        if not manifest["nodes"][f"model.retail.{table}"]["columns"].get(column, {}).get("description")
    ]
    assert bare == []
    assert [model["name"] for model in models(manifest) if not model["description"]] == []


def test_published_columns_carry_their_description(warehouse: Warehouse) -> None:
    uncommented = (
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    )
    assert warehouse.rows(uncommented) == []


def test_the_dictionary_knows_the_type_of_every_column(warehouse: Warehouse) -> None:
    """Only a build tells them; where a change is meant, run this test with RETAIL_UPDATE_GOLDEN=1, then
    `make dictionary`."""
    found: dict[str, dict[str, str]] = {}
    for mart, column, kind in warehouse.rows(
        "select table_name, column_name, lower(data_type) from duckdb_columns() where schema_name = 'marts' "
        "order by table_name, column_index"
    ):
        found.setdefault(mart, {})[column] = kind.replace("timestamp with time zone", "timestamptz")
    if os.environ.get("RETAIL_UPDATE_GOLDEN"):
        MART_TYPES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert mart_types() == found, "run this test with RETAIL_UPDATE_GOLDEN=1, then `make dictionary`"


def test_every_mart_and_every_long_model_has_a_grain_test(manifest: dict[str, Any]) -> None:
    tested = {
        test["attached_node"].split(".")[-1]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and test["test_metadata"]["name"] in ("unique", "unique_combination")
    }
    marts = {model["name"] for model in models(manifest) if model["schema"] == "marts"}
    # Changes of a long model are remembered until its tests have seen them, so it needs some.
    long = {model["name"] for model in models(manifest) if model["config"]["materialized"] == "by_change"}
    assert (marts | long) - tested == set()


def test_no_personal_data_reaches_readers_who_may_not_see_it(warehouse: Warehouse) -> None:
    marts = warehouse.rows("select table_name from duckdb_tables() where schema_name = 'marts'")
    for (mart,) in marts:
        named = "secret" in str(warehouse.table(f"marts.{mart}"))
        assert not named or warehouse.platform.marts[mart].audience.sees_persons, mart


def test_unknown_parents_are_inferred_and_counted(warehouse: Warehouse) -> None:
    inferred = warehouse.rows("select product_id from marts.products where is_inferred")
    assert sorted(inferred) == [(f"P{n}",) for n in range(20, 25)]
    assert warehouse.rows("select store_id from marts.stores where is_inferred") == [("S3",)]


def test_models_of_others_in_the_registry_stop_nothing(warehouse: Warehouse) -> None:
    found = warehouse.rows("select model, version, main_value from marts.model_versions order by version")
    assert found == [("theirs", 1, None), ("theirs", 2, None)]


def test_terms_without_a_first_day_hold_from_admission(warehouse: Warehouse) -> None:
    terms = "select valid_from, is_current from marts.supplier_products where supplier_id = 'X' and product_id = 'P1'"
    assert warehouse.rows(terms) == [(AS_OF, True)]


def test_intake(warehouse: Warehouse) -> None:
    rejected = warehouse.rows("select feed, record, rule, column_name, value from marts.rejected_rows")
    assert rejected == [("stores", 9, "test_rule", "name", "***")]
    flagged = warehouse.rows("select feed, record, rule, column_name, value from marts.flagged_rows")
    assert flagged == [("products", 1, "pattern", "barcode", "12")]
    quarantined = warehouse.rows("select name, reason, message from marts.quarantined_files")
    assert quarantined == [("broken.csv", "not_text", "Not a text file.")]
    [(files, loaded)] = warehouse.rows(
        "select count(*), count(*) filter (state = 'loaded') from marts.input_files"
    )
    assert files == loaded + 1


@pytest.fixture(scope="module")
def lineage(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    """Of every model its columns, and the columns of its parents that each is made of."""
    project = read_manifest(DBT_PROJECT_DIR)
    compiled = warehouse.path.parent / "target" / "compiled" / "retail"
    found = {}
    with open_relations(warehouse.platform.lake) as relations:
        for model in project.models.values():
            columns = relations.columns[model.relation]
            found[model.name] = column_lineage(
                (compiled / model.file).read_text(),
                columns=columns,
                parents=relations_of([*project.parent_relations(model), model.relation], relations.columns),
            )
            assert found[model.name].keys() == columns.keys(), model.name
    return found


def test_what_is_quoted_from_files_reaches_readers_who_see_no_persons_through_one_model(
    warehouse: Warehouse, lineage: dict[str, dict[str, Any]]
) -> None:
    project = read_manifest(DBT_PROJECT_DIR)
    drops = project.source_relations["ledger.drops"]
    model_of = {model.relation: model.name for model in project.models.values()}
    quotes = {(drops, name) for name in ("name", "message", "unknown_columns", "name_values")}

    def quoted(model: str, column: str) -> bool:
        """Whether a column is made of a quote, other than by the model that masks."""
        made_of = lineage[model][column] if model != "int_drops" else set()
        deeper = ((model_of[relation], name) for relation, name in made_of if relation in model_of)
        return bool(quotes & set(made_of)) or any(quoted(*one) for one in deeper if one != (model, column))

    guarded = {mart.name for mart in warehouse.platform.marts.values() if not mart.audience.sees_persons}
    found = [(mart, c) for mart in guarded & lineage.keys() for c in lineage[mart] if quoted(mart, c)]
    assert found == []
    assert quoted("quarantined_files", "message")


def test_column_lineage_is_worked_out_of_every_model(lineage: dict[str, dict[str, Any]]) -> None:
    project, found = read_manifest(DBT_PROJECT_DIR), lineage
    bare = {name for name, lineage in found.items() if not any(lineage.values())}
    assert bare == {"int_row_effects"}, "it reads what is no relation of dbt's"
    lines = project.models["sales_lines"].relation
    assert (lines, "revenue") in found["sales_daily"]["revenue"]
    assert (project.models["stg_stores"].relation, "name") in found["stores"]["name"]
    assert found["stores"]["is_inferred"] != found["stores"]["name"]


def test_data_tests_look_at_what_changed_since_they_passed(warehouse: Warehouse) -> None:
    """A row of history that went wrong is found by the weekly run, one of a changed day by the next run."""
    grain = ("--select", "test_name:unique_combination,sales_daily")
    assert warehouse.dbt("test", *grain).success
    assert warehouse.rows("from state.changes") == [], "what was taken in and tested is forgotten"
    _write(warehouse, "insert into marts.sales_daily from marts.sales_daily limit 1")
    assert warehouse.dbt("test", *grain).success
    assert not warehouse.dbt("test", *grain, test_all_history=True).success

    doubled = (
        "from marts.sales_daily group by store_id, product_id, business_date, currency having count(*) > 1"
    )
    _write(
        warehouse,
        "insert into state.changes select 'sales_daily', (select run + 1 from state.run), 'business_date', "
        f"cast(business_date as varchar) {doubled}",
    )
    assert not warehouse.dbt("test", *grain).success
    assert not warehouse.dbt("test", *grain).success, "a test that failed looks again"


def test_a_warning_stands_until_its_cause_is_gone(warehouse: Warehouse) -> None:
    """Though nothing has changed since it was given."""
    [(inferred,)] = warehouse.rows("select count(*) from marts.sales_orders where is_inferred")
    assert inferred
    for _ in range(2):
        results = warehouse.dbt("test", "--select", "test_name:none_inferred,sales_orders").result
        warned = [r.failures for r in results if r.node.resource_type == "test" and r.status == "warn"]
        assert warned == [inferred]


def _write(warehouse: Warehouse, statement: str) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(statement)
