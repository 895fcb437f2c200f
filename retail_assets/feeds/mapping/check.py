"""Does a mapping fit itself? Every expression is bound, every constant read, before any file comes."""

import hashlib
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from threading import get_ident

import duckdb

from retail_assets.contract import Feeds
from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.asking import Engine, MappingLimits, mapping_duckdb
from retail_assets.feeds.mapping.compile import compile_block
from retail_assets.feeds.mapping.contract_sql import contract_checks, contract_kind, contract_version
from retail_assets.feeds.mapping.failures import first_line
from retail_assets.feeds.mapping.keys.reading import ENGINE_VERSION as MAPPING_ENGINE_VERSION
from retail_assets.feeds.mapping.layers import Layers
from retail_assets.feeds.mapping.line_numbers import line_numbers
from retail_assets.feeds.mapping.model import Block, Cell, Constant, SourceMapping, Target
from retail_assets.feeds.mapping.references import referenced_by
from retail_assets.feeds.mapping.reshape.reshaping import expected_columns, reshaped
from retail_assets.feeds.mapping.reshape.steps import Sql
from retail_assets.feeds.mapping.scope import Scope
from retail_assets.feeds.mapping.table import Table
from retail_assets.feeds.mapping.values.conversion import Kind, Raw, convert
from retail_assets.feeds.mapping.values.dialect import STANDARD, Values
from retail_assets.feeds.readers.kinds import EXTENSIONS
from retail_assets.lake import private_folder
from retail_assets.sandbox.limits import Limits
from retail_assets.sql import identifier, literal

CHECK_LIMITS = MappingLimits(
    Limits(memory_bytes=6 * 2**30, file_bytes=2**30, seconds=60), duckdb_memory="500MB"
)
"""What checking one mapping may take."""


class PassedMappings:
    """Which mapping files fitted themselves and today's contracts, by their bytes, in a file."""

    def __init__(self, file: Path | None, feeds: Feeds) -> None:
        self._file = file
        contracts = [(feed.name, feed.folder, contract_version(feed)) for feed in feeds]
        engines = [MAPPING_ENGINE_VERSION, duckdb.__version__]
        self._about = json.dumps([contracts, engines]).encode()
        self._known, self._used = self._remembered(), set()

    def _remembered(self) -> set[str]:
        """Nothing where there is no file, or a power cut left half of one."""
        try:
            return set(json.loads(self._file.read_text())) if self._file is not None else set()
        except (FileNotFoundError, ValueError):
            return set()

    def _key(self, content: bytes) -> str:
        return hashlib.sha256(self._about + content).hexdigest()

    def knows(self, content: bytes) -> bool:
        key = self._key(content)
        if key in self._known:
            self._used.add(key)
        return key in self._known

    def add(self, content: bytes) -> None:
        self._used.add(self._key(content))

    def keep(self) -> None:
        """Remember those that were asked for."""
        if self._file is None or self._used == self._known:
            return
        private_folder(self._file.parent)
        # Sensors load mappings in threads of one process.
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}-{get_ident()}")
        fresh.write_text(json.dumps(sorted(self._used)))
        fresh.replace(self._file)


def check_mapping(mapping: SourceMapping) -> None:
    """Raise MappingError where an expression, a constant or a format does not work."""
    with tempfile.TemporaryDirectory() as folder, mapping_duckdb(Path(folder), CHECK_LIMITS) as engine:
        rows = _reshaped(engine, mapping, Path(folder))
        for target in mapping.targets:
            for block in target.blocks:
                try:
                    _check_constants(engine, block)
                    _check_expressions(engine, mapping, target, block, rows)
                except duckdb.Error as error:
                    raise block.where.error(f"DuckDB refuses it: {first_line(error)}") from error
                except Unreadable as refusal:
                    raise block.where.error(
                        f"checking it takes more than {CHECK_LIMITS.child.seconds:,.0f} s or "
                        f"{CHECK_LIMITS.duckdb_memory} ({refusal.reason})"
                    ) from refusal


def _reshaped(engine: Engine, mapping: SourceMapping, folder: Path) -> Table | None:
    """The rows that targets read, none of them; None where nothing is reshaped, or only a file shows the columns."""
    if not mapping.reshape or any(isinstance(step, Sql) and step.select.matches for step in mapping.reshape):
        return None
    table = _expected_table(mapping, expected_columns(mapping))
    try:
        return reshaped(engine, mapping, table, mapping.name_parts, folder, business_zone="UTC").table
    except (duckdb.Error, Unreadable) as error:
        raise mapping.reshape[0].where.error(" ".join(str(error).split())[:300]) from error


def _check_expressions(
    engine: Engine, mapping: SourceMapping, target: Target, block: Block, rows: Table | None
) -> None:
    if mapping.reshape:
        mapping = replace(mapping, filters=())
    names = referenced_by(mapping, target)
    table = _expected_table(mapping, names) if rows is None else _with_columns(rows, names)

    def scope() -> Scope:
        return Scope(
            mapping=mapping,
            target=target,
            table=table,
            name_values=mapping.name_parts,
            bind=engine.bind,
            business_zone="UTC",
        )

    if target.derives_line_numbers:
        table = table.numbered(f"({line_numbers(scope())})")
    engine.rows(f"describe {compile_block(scope(), block).judged}")


def _expected_table(mapping: SourceMapping, names: list[str]) -> Table:
    """An empty table with the columns that the mapping speaks of. Text, as files have it; only Parquet's types
    are its own."""
    parquet = mapping.layout.format == "parquet" or all(
        EXTENSIONS.get(Path(name).suffix.lower()) == "parquet" for name in mapping.files
    )
    sql_type, null = ('"NULL"', "null") if parquet and mapping.files else ("VARCHAR", "null::varchar")
    columns = {name: (f"x{number}", sql_type) for number, name in enumerate(names)}
    selected = [f"{null} as {sql}" for sql, _ in columns.values()]
    own = [
        "1::bigint as _record",
        "null::varchar as _place",
        "null::varchar as _malformed",
        "false as _empty",
    ]
    return Table(f"(select {', '.join([*own, *selected])} where false)", columns, mapping.layout.format)


def _with_columns(rows: Table, names: list[str]) -> Table:
    """Rows that may have columns which only a file knows: what a pivot or `*` brings is text."""
    missing = [name for name in names if rows.find(name) is None]
    columns = {name: (f"x{number}", "VARCHAR") for number, name in enumerate(missing)}
    added = ", ".join(["*", *(f"null::varchar as {sql}" for sql, _ in columns.values())])
    return Table(f"(select {added} from {rows.relation})", {**rows.columns, **columns}, rows.format)


def _check_constants(engine: Engine, block: Block) -> None:
    for name, cell in block.cells.items():
        if isinstance(cell.origin, Constant):
            _check_constant(engine, block, name, cell, cell.origin.text, cell.values)
        if cell.default is not None:
            _check_constant(engine, block, name, cell, cell.default, STANDARD)


def _check_constant(engine: Engine, block: Block, name: str, cell: Cell, text: str, values: Values) -> None:
    feed = block.feed
    kind: Kind = contract_kind(feed.columns[name])
    query = Layers("select 1 as _one")
    query.add(convert(Raw(literal(text), "VARCHAR"), kind, values, name=identifier(name).strip('"')))
    query.end_phase()
    broken = [c for c in contract_checks(feed) if c.column == name]
    conditions = ", ".join(f"coalesce({check.condition}, false)" for check in broken) or "false"
    [row] = engine.rows(f"select {identifier(name)} is null, {conditions} from ({query.sql})")
    if row[0]:
        raise cell.where.error(f"`{text}` is no {kind.name}")
    for check, is_broken in zip(broken, row[1:], strict=False):
        if is_broken:
            raise cell.where.error(f"`{text}` breaks the contract of {feed.name}.{name}: {check.rule}")
