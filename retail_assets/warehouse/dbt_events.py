"""dbt's events on their way into Dagster: after dbt has ended, with table schemas and column lineage.

What `fetch_column_metadata` does, without its price: it loads dbt and parses the project's macros a second time
in the Dagster process, and keeps a core busy while it waits for dbt to let go of the warehouse. Together they
cost a third of a short night.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import metadata
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtCliRuntimeError, DbtCliInvocation, DbtCliResource
from dagster_dbt.asset_utils import default_metadata_from_dbt_resource_props
from dagster_dbt.core.dbt_cli_event import EventHistoryMetadata, _build_column_lineage_metadata
from packaging import version

from retail_assets.lake import Lake
from retail_assets.sql import identifier
from retail_assets.warehouse.column_lineage import KnownLineage

Columns = Mapping[str, Mapping[str, Any]]
"""Column name -> `{"data_type": …}`."""


class Dbt(DbtCliResource):
    """The dbt program, without asking it for its version and without dbt in this process."""

    @cached_property
    def _cli_version(self) -> version.Version:
        return version.parse(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        return None


def finished_events(invocation: DbtCliInvocation, lake: Lake) -> Iterator[Any]:
    """Wait for dbt, then give its events, models with their columns; its failure comes last."""
    events, failure = [], None
    try:
        for event in invocation.stream():
            events.append(event)
    except DagsterDbtCliRuntimeError as error:
        failure = error
    columns = _columns(lake)
    lineages = KnownLineage(lake.warehouse.parent / "column_lineage.json")
    for event in events:
        is_model = isinstance(event, dg.Output | dg.AssetMaterialization)
        yield _with_columns(event, invocation, columns, lineages) if is_model else event
    lineages.keep()
    if failure:
        raise failure


def _columns(lake: Lake) -> dict[str, Columns]:
    """The columns of every relation in the warehouse, by its quoted name."""
    if not lake.warehouse.exists():
        return {}
    found: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select database_name, schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where not internal order by all"
        ).fetchall()
    for *relation, column, data_type in rows:
        found[".".join(identifier(part) for part in relation)][column] = {"data_type": data_type}
    return dict(found)


def _with_columns(
    event: Any, invocation: DbtCliInvocation, columns: Mapping[str, Columns], lineages: KnownLineage
) -> Any:
    manifest = invocation.manifest
    node = manifest["nodes"][event.metadata["unique_id"].text]
    own = columns.get(node["relation_name"], {})
    nodes = manifest["nodes"] | manifest["sources"]
    parents = {
        nodes[parent]["relation_name"]: dict(columns.get(nodes[parent]["relation_name"], {}))
        for parent in manifest["parent_map"].get(node["unique_id"], [])
        if parent in nodes
    }
    schema = default_metadata_from_dbt_resource_props({"columns": own | _described(node, own)})
    compiled = invocation.target_path / "compiled" / node["package_name"] / node["original_file_path"]
    lineage = lineages.of(
        compiled.read_text() if compiled.exists() else "",
        own,
        parents,
        work_out=lambda: _build_column_lineage_metadata(
            event_history_metadata=EventHistoryMetadata(columns=dict(own), parents=parents),
            dbt_resource_props=node,
            manifest=manifest,
            dagster_dbt_translator=invocation.dagster_dbt_translator,
            target_path=invocation.target_path,
            project=invocation.project,
        ),
    )
    return event.with_metadata({**event.metadata, **schema, **lineage})


def _described(node: Mapping[str, Any], columns: Columns) -> dict[str, Mapping[str, Any]]:
    """The columns with the descriptions that the project gives them."""
    texts = {name: column.get("description") for name, column in node["columns"].items()}
    return {name: {**column, "description": texts.get(name) or None} for name, column in columns.items()}
