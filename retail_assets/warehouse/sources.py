"""Tells dbt what lies in the lake, from what is declared of it: descriptions of sources and staging models, a file
each per flow, and the typed empty files that give an empty lake its types.
"""

import json
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import yaml

from retail_assets.contract import Feed
from retail_assets.intake.lake_files import Documents, Flags, Rejects, RowOrigin
from retail_assets.intake.ledger_export import EXPORTED
from retail_assets.lake import put_in_place, scratch_folder
from retail_assets.platform import Flow, Platform
from retail_assets.schema import Column, Columns, columns_of
from retail_assets.sql import identifier, literal

HEADER = "# Generated from what the flows declare, by `make dictionary`; do not edit.\n"
INTAKE = "intake"
"""The flow whose folder describes what every flow's drops leave in the lake."""

INFERRED = {"stores": "store", "products": "product", "suppliers": "supplier"}
"""Feeds whose unknown keys become rows of their own."""

ZONE = "<time_zone>"
"""What stands for the retailer's zone in generated files; the macro `staging` knows it."""

LAKE_FILES: dict[str, Any] = {"documents": Documents, "rejects": Rejects, "flags": Flags}

STAGED: Columns = {
    "_source": columns_of(RowOrigin)["_source"],
    "_sequence": Column("_sequence", pl.Int64(), "Number of the drop that brought the row."),
    "_record": columns_of(RowOrigin)["_record"],
    "_admitted_on": Column("_admitted_on", pl.Date(), "The night that took the drop."),
}


def row_columns(feed: Feed) -> Columns:
    """The columns of a row file: those of the contract, then where the row came from."""
    return columns_of(feed.contract) | columns_of(RowOrigin)


def flow_sources(flow: Flow) -> dict[str, Any]:
    """The dbt sources that a flow brings: its feeds, the tables it computes; the ledger comes with intake."""
    feeds = [
        _table(
            feed.name,
            feed.description,
            row_columns(feed),
            meta={
                "folder": f"rows/{feed.name}",
                "key": feed.key,
                "business_time": feed.business_time,
                "business_date": feed.business_date(ZONE, row="line."),
                "admission_day_columns": sorted(feed.defaults_to_admission_day),
                "parents": feed.parents,
                **({"subject": list(feed.subject)} if feed.subject else {}),
                **({"signed": feed.signed} if feed.signed else {}),
                **({"personal": sorted(feed.personal), "inbox_folder": feed.folder} if feed.personal else {}),
            },
        )
        for feed in flow.feeds
    ]
    ledger = []
    if flow.name == INTAKE:
        feeds += [
            _table(name, _words(schema.__doc__), columns_of(schema), meta={"folder": name})
            for name, schema in LAKE_FILES.items()
        ]
        ledger = [_table(name, _words(text), columns) for name, (text, columns) in EXPORTED.items()]
    lake = [_table(table.name, table.description, table.columns) for table in flow.tables]
    described = [
        ("feeds", "Parquet files of the lake, as views that begin_run makes.", feeds),
        ("ledger", "The ledger of drops, a snapshot that begin_run takes.", ledger),
        ("lake", "What flows work out, as views over Parquet that begin_run makes.", lake),
    ]
    return {
        "version": 2,
        "sources": [
            {"name": name, "schema": name, "description": text, "tables": tables}
            for name, text, tables in described
            if tables
        ],
    }


def flow_staging(flow: Flow) -> dict[str, Any]:
    """Descriptions of a flow's staging models."""
    models = []
    for feed in flow.feeds:
        columns = columns_of(feed.contract)
        if feed.business_time:
            text = f"Local date of {feed.business_time} in the retailer's zone."
            columns["business_date"] = Column("business_date", pl.Date(), text)
        model = _table(f"stg_{feed.name}", f"{feed.description} Current rows only.", {**columns, **STAGED})
        models.append(model | ({"data_tests": ["none_waiting"]} if feed.business_time else {}))
    if flow.name == INTAKE:
        for name in ("rejects", "flags"):
            declared = LAKE_FILES[name]
            own = {name: c for name, c in columns_of(declared).items() if not name.startswith("_")}
            text = f"{_words(declared.__doc__)} Of loaded drops only."
            models.append(_table(f"stg_{name}", text, {**own, **STAGED}))
    return {"version": 2, "models": models}


def _words(text: str | None) -> str:
    return " ".join((text or "").split())


def _table(
    name: str, description: str, columns: Columns, meta: dict[str, Any] | None = None
) -> dict[str, Any]:
    table: dict[str, Any] = {"name": name, "description": description}
    if meta:
        table["config"] = {"meta": meta}
    table["columns"] = [
        {"name": column.name, "data_type": column.sql_type, "description": column.description}
        for column in columns.values()
    ]
    return table


def generated(platform: Platform) -> dict[Path, str]:
    """The generated files of the dbt project with their text."""
    staging = platform.settings.dbt_project_dir / "models" / "staging"
    contents = {}
    for flow in platform.flows:
        for name, content in (("_sources.yml", flow_sources(flow)), ("_staging.yml", flow_staging(flow))):
            if content.get("sources") or content.get("models"):
                contents[staging / flow.name / name] = content
    texts = {
        path: HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
        for path, content in contents.items()
    }
    project = platform.settings.dbt_project_dir
    intermediate = project / "models" / "intermediate"
    return texts | {
        intermediate / "master_data" / "int_referenced_parents.sql": referenced_parents(platform),
        intermediate / INTAKE / "int_row_effects.sql": row_effects(platform),
        project / "macros" / "_constants.sql": constants(platform),
    }


def constants(platform: Platform) -> str:
    """The macro that gives models what flows state in Python: rules that both read."""
    stated = json.dumps(platform.dbt_constants, indent=4, sort_keys=True, ensure_ascii=False)
    return (
        f"{{# {HEADER.removeprefix('# ').strip()} #}}\n"
        f"{{% macro constant(name) %}}\n{{{{ return({stated}[name]) }}}}\n{{% endmacro %}}\n"
    )


def referenced_parents(platform: Platform) -> str:
    """The model that knows every store, product and supplier that some row names: contracts say which columns do."""
    named = [
        f"    select '{kind}' as parent, {key} as id from {{{{ ref('sales_lines') }}}}"
        for kind, key in (("store", "store_id"), ("product", "product_id"))
    ]
    for feed in platform.feeds.values():
        if feed.name == "sales":
            continue  # by its lines above, which know what counts
        until = " where {{ has_come() }}" if feed.business_time else ""
        named += [
            f"    select '{INFERRED[parent]}', {column} from {{{{ ref('stg_{feed.name}') }}}}{until}"
            for column, parent in feed.parents.items()
            if parent in INFERRED
        ]
    union = "\n    union\n".join(named)
    return (
        f"-- {HEADER.removeprefix('# ')}-- Every store, product and supplier that some row names, known or not.\n"
        f"with named as (\n{union}\n)\n\nselect parent, id from named where id is not null\n"
    )


def row_effects(platform: Platform) -> str:
    """The model of what staging found out about rows that do not count: it stands after the staging of every feed."""
    after = "\n".join(f"-- depends_on: {{{{ ref('stg_{feed}') }}}}" for feed in platform.feeds)
    columns = ("key", "effect", "sequence", "record", "by_sequence", "document", "brought", "had")
    taken = ",\n".join(f"    effects.{column}" for column in columns)
    return (
        f"-- {HEADER.removeprefix('# ')}-- Written by the materialization `feed`, row by row.\n{after}\n"
        f"select\n    replace(effects.model, 'stg_', '') as feed,\n{taken}\n"
        "from {{ target.database }}.state.row_effects as effects\n"
    )


def write_generated(platform: Platform) -> None:
    """Write what dbt is told of the lake."""
    for path, text in generated(platform).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def land_empty_tables(platform: Platform) -> None:
    """Give every feed and every table a typed file without rows, named `empty.parquet`.

    It gives an empty lake its types, and today's columns to files that were written under an older contract.
    """
    lake = platform.lake
    tables: dict[Path, Columns] = {
        lake.rows_folder(feed.name): row_columns(feed) for feed in platform.feeds.values()
    }
    tables |= {lake.root / "lake" / name: columns_of(schema) for name, schema in LAKE_FILES.items()}
    tables |= {lake.table_folder(name): table.columns for name, table in platform.tables.items()}
    with duckdb.connect() as connection, scratch_folder(lake) as scratch:
        for folder, columns in tables.items():
            _land_empty(connection, folder, columns, scratch)


def _land_empty(connection: duckdb.DuckDBPyConnection, folder: Path, columns: Columns, scratch: Path) -> None:
    target = folder / "empty.parquet"
    selected = ", ".join(f"null::{c.sql_type} as {identifier(c.name)}" for c in columns.values())
    finished = scratch / f"{folder.name}.parquet"
    connection.execute(f"copy (select {selected} limit 0) to {literal(str(finished))} (format parquet)")
    if not target.exists() or target.read_bytes() != finished.read_bytes():
        put_in_place(finished, target)
