"""Marts of which each row is a file too: the audit of a case.

A release links to every file of the one before that did not change; of a file for each of a hundred thousand rows that
would be a hundred thousand links a night. So these lie once, beside the releases, and each release leads to their
folder. A file is written when its row is new or another one, whole under its name at once, and goes with its row: the
cost follows the change, and nothing is looked at where the mart is what it was.
"""

import os
from pathlib import Path

import duckdb
import polars as pl

from retail_assets.lake import Lake, private_folder, put_all_in_place, put_in_place, scratch_folder
from retail_assets.platform import RowFiles
from retail_assets.sql import identifier, literal, parquet
from retail_assets.warehouse.places import Place, folder_name
from retail_assets.warehouse.survey import SurveyedMart

FILE_MODE = 0o444
_AT_ONCE = 1_000
_DIGEST = "digest of the mart"


def write_row_files(
    connection: duckdb.DuckDBPyConnection, lake: Lake, mart: SurveyedMart, rows: RowFiles
) -> bool:
    """Let the files of a mart be what its rows are; False where they were so already."""
    folder, index = lake.row_files / _place(mart, rows), lake.row_files / f"{mart.name}.parquet"
    digest = f"{mart.rows} {' '.join(part.digest for part in mart.parts.values())}"
    if folder.is_dir() and index.exists():
        if pl.read_parquet_metadata(index).get(_DIGEST) == digest:
            return False
        known = f"select name, digest from {parquet(index)}"
    else:
        known = "select null::varchar as name, null::varchar as digest where false"
    name, content = identifier(rows.name), identifier(rows.content)
    connection.execute(f"create or replace temp table known as {known}")
    connection.execute(
        f"create or replace temp view fresh as "
        f"select {name}::varchar as name, {content}::varchar as content, md5(content) as digest from {mart.source}"
    )
    changed = connection.execute("select name, content from fresh anti join known using (name, digest)")
    private_folder(folder)
    with scratch_folder(lake) as scratch:
        while batch := changed.fetchmany(_AT_ONCE):
            files = {}
            for number, (row, text) in enumerate(batch):
                finished = scratch / str(number)
                finished.write_text(f"{text}\n", encoding="utf-8")
                files[_file(folder, row, rows)] = finished
            put_all_in_place(files, mode=FILE_MODE)
        gone = connection.execute("select name from known anti join fresh using (name)")
        for (row,) in gone.fetchall():
            _file(folder, row, rows).unlink(missing_ok=True)
        # Last, so that what a killed run left undone is found again.
        noted = scratch / "index.parquet"
        connection.execute(
            f"copy (select name, digest from fresh order by name) to {literal(str(noted))} "
            f"(format parquet, kv_metadata {{{literal(_DIGEST)}: {literal(digest)}}})"
        )
        put_in_place(noted, index)
    return True


def lead_to_row_files(lake: Lake, mart: SurveyedMart, rows: RowFiles, release: Path) -> None:
    """Let a release that is being written lead to the files of a mart."""
    place = _place(mart, rows)
    link, target = release / place, lake.row_files / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(target, link.parent))


def _file(folder: Path, row: str, rows: RowFiles) -> Path:
    return folder / f"{folder_name(row)}{rows.suffix}"


def _place(mart: SurveyedMart, rows: RowFiles) -> Path:
    return Path(Place(mart.audience).path(rows.folder))
