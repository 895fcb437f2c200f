"""Are the files that a build is about to read those that admission wrote? The cost follows what came in."""

import duckdb

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.verification import damaged_files
from retail_assets.lake import Lake
from retail_assets.sql import literal, parquet
from retail_assets.warehouse.errors import DamagedLake

NAMED = 3

_UNREAD = """
select 'lake/rows/' || feed || '/' || content_key || '.parquet' from {loads}
where ('stg_' || feed, content_key) not in (from applied)
union
select 'lake/rejects/' || content_key || '.parquet' from {drops}
where state = 'loaded' and ('stg_rejects', content_key) not in (from applied)
union
select 'lake/flags/' || content_key || '.parquet' from {drops}
where state = 'loaded' and ('stg_flags', content_key) not in (from applied)
union
select 'lake/documents/' || content_key || '.parquet' from {drops}
where state = 'loaded' and content_key not in (from documents_read)
"""


def require_sound_files(settings: Settings, *, all_of_them: bool) -> None:
    """Raise DamagedLake when a file that the warehouse has not read yet is not what was written; or any at all.

    Looks at the ledger as the snapshot has it. Hold the warehouse lock.
    """
    lake = Lake(settings.data_dir)
    unread = _unread(lake, all_of_them=all_of_them)
    with platform_engine(settings) as engine, reading(engine) as connection:
        found = damaged_files(connection, lake, unread)
    if found:
        named = " ".join(f"{one.place}: {one.message}" for one in found[:NAMED])
        more = f" So are {len(found) - NAMED:,} more; .venv/bin/python -m retail_assets.verify names all." * (
            len(found) > NAMED
        )
        raise DamagedLake(f"Nothing was built, because the lake is damaged. {named}{more}")


def _unread(lake: Lake, *, all_of_them: bool) -> list[str]:
    """Paths in the data folder; rejects, flags and documents that a content may have."""
    loads, drops = (parquet(lake.snapshot / "ledger" / f"{name}.parquet") for name in ("loads", "drops"))
    with duckdb.connect() as connection:
        if all_of_them or not lake.warehouse.exists():
            connection.execute("create table applied (model varchar, content_key varchar)")
            connection.execute("create table documents_read (content_key varchar)")
        else:
            connection.execute(f"attach {literal(str(lake.warehouse))} as warehouse (read_only)")
            connection.execute(
                "create view applied as select model, content_key from warehouse.state.applied"
            )
            connection.execute(
                "create view documents_read as select content_key from warehouse.state.documents_read"
            )
        return [path for (path,) in connection.execute(_UNREAD.format(loads=loads, drops=drops)).fetchall()]
