"""Column lineage of dbt models, from their compiled SQL; kept between runs, because it depends on nothing else.

Working it out takes a tenth of a second a model; looking it up takes none. All platforms of one dbt project share what
was worked out, where its folder can be written to.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

DIALECT = "duckdb"

ColumnTypes = Mapping[str, str]
"""Column -> type of a relation."""

Lineage = dict[str, list[tuple[str, str]]]
"""Column -> (relation, column) of what it is made of."""


def column_lineage(sql: str, *, columns: ColumnTypes, parents: Mapping[str, ColumnTypes]) -> Lineage:
    """Which columns of its parents (relation -> columns) each column of a query is made of."""
    from sqlglot import MappingSchema, exp, parse_one, to_table
    from sqlglot.lineage import lineage
    from sqlglot.optimizer import optimize

    schema = MappingSchema(dialect=DIALECT)
    for relation, types in parents.items():
        schema.add_table(to_table(relation, dialect=DIALECT), dict(types), dialect=DIALECT)
    query = optimize(parse_one(sql, dialect=DIALECT), schema=schema, dialect=DIALECT).sql(DIALECT)
    tables = {
        to_table(relation, dialect=DIALECT).sql(DIALECT, identify=True): relation for relation in parents
    }
    nodes = lineage(None, query, schema=schema, dialect=DIALECT, trim_selects=False)
    found: Lineage = {}
    for column in columns:
        leaves = [node for node in nodes[column].walk() if not node.downstream]
        origins = set()
        for leaf in leaves:
            if isinstance(leaf.expression, exp.Table):
                table = exp.Table(
                    this=leaf.expression.this,
                    db=leaf.expression.args.get("db"),
                    catalog=leaf.expression.args.get("catalog"),
                )
                relation = tables.get(table.sql(DIALECT, identify=True))
                if relation is not None:
                    origins.add((relation, leaf.name.rpartition(".")[2].strip('"')))
        found[column] = sorted(origins)
    return found


class KnownLineage:
    """Lineages of models with a digest of what they were worked out from, in one JSON file; those that any platform of
    the same project has worked out lie in another."""

    def __init__(self, file: Path, shared: Path | None = None) -> None:
        self._file, self._shared_file = file, shared
        self._known = _read(file)
        self._shared = _read(shared) if shared else {}
        self._added: dict[str, dict[str, Any]] = {}

    def of(
        self, name: str, sql: str | None, *, columns: ColumnTypes, parents: Mapping[str, ColumnTypes]
    ) -> Lineage:
        """The lineage of a model's query (None: it is what it was); empty where it cannot be worked out."""
        known = self._known.get(name)
        if sql is None:
            return _pairs(known["lineage"]) if known else {}
        inputs = json.dumps([sql, columns, parents], sort_keys=True)
        key = hashlib.sha256(inputs.encode()).hexdigest()
        if known is None or known["of"] != key:
            known = self._shared.get(name)
            if known is None or known["of"] != key:
                known = self._added[name] = _entry(key, _worked_out(name, sql, columns, parents))
            self._known[name] = known
        return _pairs(known["lineage"])

    def keep(self) -> None:
        """Remember all of it."""
        _write(self._file, self._known)
        if self._shared_file and self._added:
            with suppress(OSError):  # a checkout that only set-up may write to
                _write(self._shared_file, _read(self._shared_file) | self._added)


def _entry(of: str, lineage: Lineage) -> dict[str, Any]:
    return {"of": of, "lineage": lineage}


def _worked_out(name: str, sql: str, columns: ColumnTypes, parents: Mapping[str, ColumnTypes]) -> Lineage:
    try:
        return column_lineage(sql, columns=columns, parents=parents)
    except Exception:  # a picture in the UI is not worth a night
        logger.debug("No lineage of %s.", name, exc_info=True)
        return {}


def _read(file: Path) -> dict[str, dict[str, Any]]:
    with suppress(OSError, ValueError):
        return json.loads(file.read_text())
    return {}


def _write(file: Path, known: Mapping[str, Any]) -> None:
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    fresh.write_text(json.dumps(known))
    fresh.replace(file)


def _pairs(lineage: Mapping[str, Any]) -> Lineage:
    return {column: [(relation, name) for relation, name in parents] for column, parents in lineage.items()}


def relations_of(names: Iterable[str], known: Mapping[str, ColumnTypes]) -> dict[str, ColumnTypes]:
    """Those relations whose columns are known."""
    return {name: known[name] for name in names if name in known}
