"""Carries a mapping out over the records of one file, and accounts for every record.

Optimistic: the rows of a target with nothing to tell about are written in one pass. A second one asks what became of
the other records, over those alone, and only when keys repeat, or rows are flagged, are rows written again.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.compile import CompiledBlock, compile_block
from retail_assets.feeds.mapping.contract_sql import contract_columns
from retail_assets.feeds.mapping.deduplicate import Part, merge_parts
from retail_assets.feeds.mapping.documents import documents_in, documents_together
from retail_assets.feeds.mapping.ends import all_ends, ends_of, flagged_rows, flags_told, kept_in_lake
from retail_assets.feeds.mapping.failures import causes_of, first_line
from retail_assets.feeds.mapping.keys.where import Where
from retail_assets.feeds.mapping.line_numbers import line_numbers
from retail_assets.feeds.mapping.model import Block, SourceMapping, Target
from retail_assets.feeds.mapping.references import absent_columns, check_required_columns, unknown_columns
from retail_assets.feeds.mapping.reshape.reshaping import MERGED, Reshaped, reshaped
from retail_assets.feeds.mapping.scope import Scope
from retail_assets.feeds.mapping.superseded import without_superseded
from retail_assets.feeds.mapping.table import Table, records_table
from retail_assets.feeds.mapping.unnest import unnested
from retail_assets.intake.row_counts import FLAGGED, RowCounts, row_counts
from retail_assets.sql import literal, parquet


@dataclass(frozen=True)
class Mapped:
    """The finished files of one content, still in the folder they were written to."""

    counts: list[RowCounts]
    unknown_columns: list[str]
    dropped_columns: list[str]
    """Those of them that no row has after `reshape`, so that not even the lake keeps them with its rows."""
    absent_columns: list[str]
    rows: dict[str, Path]
    rejects: Path | None
    flags: Path | None
    documents: Path | None
    ends: Path
    """Every record that was not admitted, and every flag of one that was: the columns of ENDS, nothing masked."""


@dataclass(frozen=True)
class Content:
    """What one file brings to a mapping."""

    records: Path
    columns: list[str]
    format: str
    name_values: dict[str, str]
    content_key: str
    business_zone: str = "UTC"
    """Whose days dates without a time are."""


def run_mapping(*, engine: Engine, mapping: SourceMapping, content: Content, folder: Path) -> Mapped:
    """Map the records of one file into `folder`; raises Unreadable when columns are missing, and MappingError where
    the mapping does not fit the file."""
    whole = records_table(engine, content.records, content.columns, content.format)
    made: Reshaped | None = None
    if mapping.reshape and whole.columns:
        with _explained(mapping.where):
            made = reshaped(
                engine, mapping, whole, content.name_values, folder, business_zone=content.business_zone
            )
        # Rules for all targets have been asked.
        whole, mapping = made.table, replace(mapping, filters=())
    run = _Run(engine, mapping, content, folder, made)
    unknown = list(made.unknown_columns) if made else []
    used = made.used_columns if made else frozenset()
    absent: list[str] = []
    for number, target in enumerate(mapping.targets):
        with _explained(target.where):
            table = unnested(engine, mapping, target, whole, folder / f"unnested_{number}.parquet")
            # JSON without columns holds no record, or none that can be read: each is told of by itself.
            if table.columns or table.format not in ("json", "ndjson"):
                check_required_columns(mapping, target, table)
            unknown += [name for name in unknown_columns(mapping, table) if name not in {*unknown, *used}]
            absent += [name for name in absent_columns(mapping, target, table) if name not in absent]
            run.map_target(target, table)
    return run.finish(unknown, absent)


@contextmanager
def _explained(where: Where) -> Generator[None]:
    """What DuckDB refuses to compute for any record at all, a time zone that there is not for one, is the mapping's
    fault."""
    try:
        yield
    except duckdb.Error as error:
        raise where.error(f"DuckDB refuses it: {first_line(error)}") from error


class _Run:
    """The files of one content while they are written."""

    def __init__(
        self,
        engine: Engine,
        mapping: SourceMapping,
        content: Content,
        folder: Path,
        reshaped: Reshaped | None,
    ) -> None:
        self.engine, self.mapping, self.content, self.folder = engine, mapping, content, folder
        self.reshaped = reshaped
        self.records: dict[str, int] = {}
        self.admitted: dict[str, int] = {}
        self.parts: list[Part] = []
        self.ends: list[Path] = []
        self.causes: dict[str, str] = {}
        self.documents: list[Path] = []

    def map_target(self, target: Target, table: Table) -> None:
        if target.derives_line_numbers:
            numbers = line_numbers(self._scope(target, table))
            table = table.numbered(
                parquet(self._copy(numbers, f"line_numbers_{len(self.records)}.parquet")[0])
            )
        main = self._compile(target, target.block, table)
        records = self.records[target.name] = self.engine.count(f"select count(*) from {table.relation}")
        clean = self._write_rows(target, main, main.clean)
        admitted, others = clean.rows, None
        if admitted < records:
            others = main.beside(clean.path)
            sent = main.routed_to(*(block.feed.name for block in target.sent.values()))
            admitted += self._tell(target, others, f"coalesce(not {sent}, true)", admits="_route is null")
            for block in target.sent.values():
                self._map_sent(target, block, table, clean.path)
        self.admitted[target.name] = admitted
        if target.replaces:
            own = {"content_key": self.content.content_key, "source": self.mapping.name}
            name = f"documents_{len(self.documents)}.parquet"
            self.documents.append(self._copy(documents_in(target, clean.path, others, **own), name)[0])
        if self.reshaped:
            self.records[target.name] += self._write_set_aside(target, self.reshaped)

    def _map_sent(self, target: Target, block: Block, table: Table, clean: Path) -> None:
        compiled = self._compile(target, block, table).beside(clean)
        here = compiled.routed_to(block.feed.name)
        self._write_rows(target, compiled, f"{here} and _fault is null and not _flagged")
        self._tell(target, compiled, here, admits=here)

    def _compile(self, target: Target, block: Block, table: Table) -> CompiledBlock:
        return compile_block(self._scope(target, table), block)

    def _scope(self, target: Target, table: Table) -> Scope:
        return Scope(
            mapping=self.mapping,
            target=target,
            table=table,
            name_values=self.content.name_values,
            bind=self.engine.bind,
            business_zone=self.content.business_zone,
        )

    def _write_rows(self, target: Target, block: CompiledBlock, which: str) -> Part:
        columns = ", ".join(f"{sql} as {name}" for name, sql in self._row(block).items())
        return self._add_part(target, block, f"select {columns} from ({block.judged}) where {which}")

    def _row(self, block: CompiledBlock) -> dict[str, str]:
        """The columns of a row file, and what they hold."""
        key, source = literal(self.content.content_key), literal(self.mapping.name)
        own = {"_record": "_record", "_content_key": key, "_source": source}
        return (
            contract_columns(block.feed) | own | {name: name for name in ("_document", "_version", "_extra")}
        )

    def _add_part(self, target: Target, block: CompiledBlock, query: str) -> Part:
        path, rows = self._copy(query, f"part_{len(self.parts)}.parquet")
        versioned = target.replaces if target.version else None
        place = self.mapping.targets.index(target)
        self.parts.append(Part(target.name, block.feed, path, rows, place, versioned))
        return self.parts[-1]

    def _tell(self, target: Target, block: CompiledBlock, which: str, *, admits: str) -> int:
        """What there is to tell of the records that `which` picks: how they ended, and their flags where `admits` says
        that they come to this contract. Adds the rows that are flagged, and gives their number."""
        ends = ends_of(target, block)
        if block.flags:
            ends |= flagged_rows(block, self._row(block), f"{admits} and _fault is null and _flagged")
        columns = ", ".join(f"{sql} as {name}" for name, sql in ends.items())
        query = f"select {columns} from ({block.judged}) where {which}"
        told, _ = self._copy(query, f"told_{len(self.ends)}.parquet")
        self._keep_ends(block, told)
        if not block.flags or not self.engine.count(f"select count(_row) from {parquet(told)}"):
            return 0
        self._keep_ends(block, self._copy(flags_told(told), f"told_{len(self.ends)}.parquet")[0])
        return self._add_part(
            target, block, f"select _row.* from {parquet(told)} where _row is not null"
        ).rows

    def _keep_ends(self, block: CompiledBlock, ends: Path) -> None:
        self.ends.append(ends)
        self.causes |= causes_of(self.engine, block.computed, ends)

    def _write_set_aside(self, target: Target, made: Reshaped) -> int:
        """What became of the records that begin no row of the target's, and how many those are."""
        files = len(self.ends)
        self._tell(target, made.judged, "_route is not null or _fault is not null", admits="false")
        if made.set_aside:
            own = f"select {literal(target.name)} as target, {literal(target.block.feed.name)} as feed, *"
            name = f"ends_{len(self.ends)}.parquet"
            self.ends.append(self._copy(f"{own} from {parquet(made.set_aside)}", name)[0])
        return made.merged + self.engine.count(f"select count(*) from {parquet(self.ends[files:])}")

    def finish(self, unknown: list[str], absent: list[str]) -> Mapped:
        documents = None
        if self.documents:
            documents = self._write_any(documents_together(self.documents), "documents.parquet")
        parts, superseded = without_superseded(self.engine, self.parts, documents, self.folder)
        merged = {
            feed.name: merge_parts(self.engine, feed, [p for p in parts if p.feed is feed], self.folder)
            for feed in {id(part.feed): part.feed for part in parts}.values()
        }
        lost = [*superseded, *(m.repeats for m in merged.values() if m.repeats)]
        ends, _ = self._copy(all_ends(self.ends, self.causes, lost), "ends.parquet")
        return Mapped(
            counts=[self._row_counts(target, ends, lost) for target in self.mapping.targets],
            unknown_columns=unknown,
            dropped_columns=self.reshaped.unknown_columns if self.reshaped else [],
            absent_columns=absent,
            rows={
                feed: m.rows
                for feed, m in merged.items()
                if self.engine.count(f"select count(*) from {parquet(m.rows)}")
            },
            rejects=self._write_told(ends, "rejected", "rejects.parquet"),
            flags=self._write_told(ends, FLAGGED, "flags.parquet"),
            documents=documents,
            ends=ends,
        )

    def _row_counts(self, target: Target, ends: Path, lost: list[Path]) -> RowCounts:
        """The counts of one target; `lost` are rows of it, or that it sent, which another row makes idle."""
        # A record may have several flags, also of one rule; the others end once.
        flag = f'"end" = {literal(FLAGGED)}'
        number = f"count(distinct _record) filter ({flag}) + count(*) filter (not {flag})"
        of_target = f"from {parquet(ends)} where target = $1"
        counts = self.engine.rows(
            f'select "end", rule, feed, {number} {of_target} group by all order by all', [target.name]
        )
        here = 0
        if lost:
            [(here,)] = self.engine.rows(
                f"select count(*) from {parquet(lost)} where target = $1 and feed = $2",
                [target.name, target.block.feed.name],
            )
        if self.reshaped and self.reshaped.merged:
            counts.append(("left_out", MERGED, target.block.feed.name, self.reshaped.merged))
        flagged = f"select count(distinct (feed, _record)) {of_target} and {flag}"
        return row_counts(
            target=target.name,
            records=self.records[target.name],
            admitted=self.admitted[target.name] - here,
            flagged=self.engine.rows(flagged, [target.name])[0][0],
            ends=counts,
        )

    def _write_told(self, ends: Path, end: str, name: str) -> Path | None:
        feeds = [block.feed for target in self.mapping.targets for block in target.blocks]
        return self._write_any(kept_in_lake(ends, end, feeds, self.content.content_key), name)

    def _write_any(self, query: str, name: str) -> Path | None:
        path, rows = self._copy(query, name)
        return path if rows else None

    def _copy(self, query: str, name: str) -> tuple[Path, int]:
        path = self.folder / name
        return path, self.engine.write(query, path)
