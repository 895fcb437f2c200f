"""What one file says of documents and store-days, as the lake keeps it: which are in it, in which version, and how
many of their records came and were rejected.
"""

from collections.abc import Sequence
from pathlib import Path

from retail_assets.feeds.mapping.compile import CompiledBlock
from retail_assets.feeds.mapping.model import Target
from retail_assets.sql import literal, parquet


def documents_in(
    target: Target, clean: Path, others: CompiledBlock | None, *, content_key: str, source: str
) -> str:
    """A query for the documents or days that the records of one target are of. `clean` are the rows of those with
    nothing to tell about; `others` judges the rest of them, None where there is none."""
    at_least = "null" if target.at_least is None else str(target.at_least)
    told = f"select _document, _version, true as came, false as rejected from {parquet(clean)}"
    if others:
        # What is sent elsewhere is judged there.
        rejected = f"({others.ended('rejected')} or (_route is null and _fault is not null))"
        came = f"coalesce(not {others.ended('rejected', 'left_out')}, _fault is null)"
        told += f" union all select _document, _version, {came}, {rejected} from ({others.judged})"
    return (
        f"select {literal(content_key)} as _content_key, {literal(source)} as _source, "
        f"{literal(target.replaces or '')} as kind, _document, max(_version) as _version, "
        "count(*) filter (where came) as records, count(*) filter (where rejected) as rejected, "
        f"{at_least}::double as at_least from ({told}) where _document is not null group by _document"
    )


def documents_together(files: Sequence[Path]) -> str:
    """A query for those of all targets."""
    return (
        "select _content_key, _source, kind, _document, max(_version) as _version, "
        "sum(records)::bigint as records, sum(rejected)::bigint as rejected, max(at_least) as at_least "
        f"from {parquet(files)} group by all"
    )
