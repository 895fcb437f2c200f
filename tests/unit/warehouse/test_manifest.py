"""dbt's manifest as the platform reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dataframely as dy
import pytest

from retail_assets.config import DBT_PROJECT_DIR
from retail_assets.kit.lake_table import LakeTable
from retail_assets.warehouse.manifest import Manifest, NoManifest, ThirdRun, read_manifest
from tests.unit.warehouse.manifests import data_test, manifest, model

Content = dict[str, Any]


def node(name: str, kind: str = "model", **values: Any) -> Content:
    return {
        "name": name,
        "unique_id": f"{kind}.retail.{name}",
        "resource_type": kind,
        "fqn": ["retail", "marts", "sales", name],
        "description": "",
        "columns": {},
        "original_file_path": f"models/{name}.sql",
        "relation_name": f'"warehouse"."marts"."{name}"',
        "raw_code": "select 1",
        "config": {"materialized": "table", "severity": "ERROR"},
        "depends_on": {"nodes": [], "macros": []},
    } | values


def source(schema: str, name: str) -> Content:
    return {
        "source_name": schema,
        "name": name,
        "relation_name": f'"warehouse"."{schema}"."{name}"',
        "config": {},
        "description": "",
        "columns": {},
    }


def macro(name: str, *calls: str) -> Content:
    called = [f"macro.retail.{call}" for call in calls]
    return {"name": name, "macro_sql": f"{{% macro {name}() %}}", "depends_on": {"macros": called}}


def content(*nodes: Content) -> Content:
    sources = [
        source(*pair)
        for pair in (("feeds", "sales"), ("lake", "photos"), ("ledger", "loads"), ("ledger", "drops"))
    ]
    macros = [
        macro("as_of"),
        macro("now"),
        macro("has_come", "as_of"),
        macro("last_week", "monday"),
        macro("monday", "as_of"),
    ]
    return {
        "nodes": {one["unique_id"]: one for one in nodes},
        "sources": {f"source.retail.{one['source_name']}.{one['name']}": one for one in sources},
        "macros": {f"macro.retail.{one['name']}": one for one in macros},
    }


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Content], Manifest]:
    def read(content: Content) -> Manifest:
        (tmp_path / "target").mkdir(exist_ok=True)
        (tmp_path / "target" / "manifest.json").write_text(json.dumps(content))
        return read_manifest(tmp_path)

    return read


def asking(*macros: str) -> Content:
    return node("one", depends_on={"nodes": [], "macros": [f"macro.retail.{name}" for name in macros]})


def reading(*nodes: str) -> Content:
    return node("one", depends_on={"nodes": list(nodes), "macros": []})


def test_before_set_up_the_error_says_what_to_run(tmp_path: Path):
    with pytest.raises(NoManifest, match="make setup"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("macros", "clocks"),
    [
        ((), set()),
        (("as_of",), {"as_of"}),
        (("now", "as_of"), {"now", "as_of"}),
        (("last_week",), {"as_of"}),
        (("has_come",), set()),
        (("has_come", "now"), {"now"}),
    ],
)
def test_a_model_has_the_clocks_that_it_asks_itself_or_through_macros(read, macros, clocks):
    """Which rows have come is seen from the rows, so `has_come` asks no clock."""
    assert read(content(asking(*macros))).models["one"].clocks == clocks


def test_what_a_model_reads_is_told_apart(read):
    one = read(
        content(
            node("parent"),
            reading("model.retail.parent", "source.retail.feeds.sales", "source.retail.lake.photos"),
        )
    )
    assert one.models["one"].parents == {"parent"}
    assert one.models["one"].feeds == {"sales"}
    assert one.models["one"].tables == {"photos"}
    assert one.parent_relations(one.models["one"]) == [
        '"warehouse"."marts"."parent"',
        '"warehouse"."feeds"."sales"',
        '"warehouse"."lake"."photos"',
    ]


@pytest.mark.parametrize(("table", "reads_ledger"), [("drops", True), ("loads", False)])
def test_which_rows_are_loaded_is_no_reading_of_the_ledger(read, table, reads_ledger):
    """Every feed's staging asks for that, and changes with its feed alone."""
    one = read(content(reading(f"source.retail.ledger.{table}"))).models["one"]
    assert one.reads_ledger == reads_ledger


def test_layer_and_flow_are_folders(read):
    flat = node("flat", fqn=["retail", "marts", "flat"])
    found = read(content(node("one"), flat)).models
    assert (found["one"].layer, found["one"].flow) == ("marts", "sales")
    assert (found["flat"].layer, found["flat"].flow) == ("marts", "marts")


def attached(name: str, **values: Any) -> Content:
    looks_at = {"nodes": ["model.retail.one"], "macros": []}
    return node(name, "test", attached_node="model.retail.one", **{"depends_on": looks_at, **values})


def generic(name: str, column: str | None = None, **given: Any) -> Content:
    return attached(name, column_name=column, test_metadata={"name": name, "kwargs": given})


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (generic("not_null", "store_id"), "store_id is never null."),
        (generic("unique", "store_id"), "store_id is different in every row."),
        (generic("unique_combination", columns=["a", "b"]), "There is one row per a, b."),
        (generic("accepted_values", "status", values=["new", "old"]), "status is one of new, old."),
        (generic("relationships", "store_id", to="ref('stores')"), "Every store_id is in stores."),
        (generic("none_waiting"), "No row is dated after the night."),
        (generic("totals_match_tills"), "totals match tills."),
        (attached("sums_agree", test_metadata=None), "sums agree."),
        (attached("described", test_metadata=None, description="Sums agree."), "Sums agree."),
    ],
)
def test_a_data_test_says_in_words_what_it_demands(read, test, sentence):
    [found] = read(content(node("one"), test)).models["one"].tests
    assert found.description == sentence


def test_a_test_belongs_to_one_model_and_looks_at_all_that_it_names(read):
    both = {"nodes": ["model.retail.one", "model.retail.stores"], "macros": []}
    warning = attached(
        "known", depends_on=both, test_metadata=None, config={"severity": "warn", "materialized": "test"}
    )
    found = read(content(node("one"), node("stores"), warning)).models
    assert found["stores"].tests == ()
    [test] = found["one"].tests
    assert (test.parents, test.is_warning) == ({"one", "stores"}, True)


def change_sql(found: Content) -> None:
    found["nodes"]["model.retail.one"]["raw_code"] = "select 2"


def change_config(found: Content) -> None:
    found["nodes"]["model.retail.one"]["config"]["materialized"] = "view"


def change_description(found: Content) -> None:
    found["nodes"]["model.retail.one"]["columns"] = {"a": {"description": "Published as a comment."}}


def change_macro(found: Content) -> None:
    found["macros"]["macro.retail.monday"]["macro_sql"] = "another"


def change_contract(found: Content) -> None:
    found["sources"]["source.retail.feeds.sales"]["columns"] = {"a": {"description": "", "data_type": "date"}}


@pytest.mark.parametrize(
    "change", [change_sql, change_config, change_description, change_macro, change_contract]
)
def test_whatever_a_model_is_made_of_is_in_the_fingerprint(read, change):
    before, after = content(node("one")), content(node("one"))
    assert read(before).code == read(after).code
    change(after)
    assert read(before).code != read(after).code


class Declared(dy.Schema):
    """A row."""

    key = dy.String(primary_key=True)


def table(name: str, *reads: str) -> LakeTable:
    return LakeTable(name, Declared, reads=reads)


CHAIN = manifest(
    model("stg_sales"),
    model("stg_stores"),
    model("sales_daily", parents=["stg_sales"]),
    model("stock_outs", parents=["sales_daily"], tables=["forecasts"]),
    model("photos", tables=["refund_images"]),
)


def tables(*given: LakeTable) -> dict[str, LakeTable]:
    return {one.name: one for one in given}


def test_what_python_reads_is_built_before_with_all_that_it_is_made_of():
    assert CHAIN.before_python(tables(table("forecasts", "sales_daily"))) == {"sales_daily", "stg_sales"}


def test_without_tables_that_read_marts_there_is_one_run():
    assert CHAIN.before_python(tables(table("refund_images"))) == set()


def test_a_mart_that_reads_what_is_computed_from_files_may_come_first():
    found = CHAIN.before_python(tables(table("refund_images"), table("briefs", "photos")))
    assert found == {"photos"}


def test_a_table_computed_from_what_follows_another_is_refused_with_both_names():
    given = tables(table("forecasts", "sales_daily"), table("alerts", "stock_outs"))
    with pytest.raises(ThirdRun, match=r"stock_outs is read by .* reads forecasts.*at most twice a night"):
        CHAIN.before_python(given)


def test_a_table_that_reads_a_mart_which_nobody_builds_is_refused():
    with pytest.raises(ThirdRun, match=r"marts that dbt does not build: sales_weekly\."):
        CHAIN.before_python(tables(table("forecasts", "sales_weekly")))


def test_a_data_test_runs_when_all_that_it_looks_at_was_built():
    known, keys = data_test("known_store", "sales_daily", "stores"), data_test("keys", "sales_daily")
    both = manifest(model("sales_daily", tests=[known, keys]), model("stores"))
    moved = both.tests_at_the_end({"sales_daily"})
    assert moved.models["sales_daily"].tests == (keys,)
    assert [test.description for test in moved.models["stores"].tests] == ["sales_daily: known_store holds."]
    assert both.tests_at_the_end(set()).models["sales_daily"].tests == (known, keys)


def test_walks_through_the_graph():
    assert CHAIN.downstream(["stg_sales"]) == {"stg_sales", "sales_daily", "stock_outs"}
    assert CHAIN.upstream(["stock_outs"]) == {"stg_sales", "sales_daily", "stock_outs"}
    assert CHAIN.in_order({"stock_outs", "stg_sales", "sales_daily"}) == [
        "stg_sales",
        "sales_daily",
        "stock_outs",
    ]


def test_the_project_itself_is_read_whole():
    found = read_manifest(DBT_PROJECT_DIR)
    files = {path.stem for path in (DBT_PROJECT_DIR / "models").rglob("*.sql")}
    assert found.models.keys() == files, "the manifest is stale: run `make setup`"
    assert {one.layer for one in found.models.values()} == {"staging", "intermediate", "marts"}
    assert "as_of" in found.models["inventory_health"].clocks
    assert not found.models["sales_lines"].clocks, "it only asks which rows have come"
