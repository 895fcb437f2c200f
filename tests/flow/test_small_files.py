"""Small tables are read in groups; what becomes of each is what would have become of it alone."""

import errno
from pathlib import Path

import polars as pl
import pytest

from retail_assets.feeds import small_files
from retail_assets.feeds.mapping import together
from retail_assets.intake import small_drops
from retail_assets.platform import Platform
from tests.conftest import settings_of
from tests.plain_platform import PlainPlatform

HEADER = "store_id,product_id,counted_at,quantity\n"
ROW = "S{0},P1,2026-11-01T06:00:00Z,{0}\n"


def files() -> dict[str, str]:
    """Good files and all kinds of others, in order."""
    good = {f"good-{number:02}.csv": HEADER + ROW.format(number) for number in range(20)}
    return dict(sorted({
        **good,
        "two-rows.csv": HEADER + ROW.format(31) + ROW.format(32),
        "extra.csv": HEADER.replace("\n", ",mood\n") + ROW.format(33).replace("\n", ",glad\n"),
        "extra2.csv": HEADER.replace("\n", ",mood\n") + ROW.format(34).replace("\n", ",sad\n"),
        "good-05-rejected.csv": HEADER + ROW.format(35) + "S36,P1,2026-11-01T06:00:00Z,many\n",
        "good-06-repeats.csv": HEADER + ROW.format(37) + "S37,P1,2026-11-01T06:00:00Z,5\n",
        "good-07-blank.csv": HEADER + ROW.format(38) + ",,,\n",
        "good-08-nothing.csv": HEADER,
        "good-09-missing.csv": "store_id,product_id\nS1,P1\n",
        "good-10-broken.csv": "\0\1\2\3" * 50,
        "good-11-semicolons.csv": (HEADER + ROW.format(39)).replace(",", ";"),
        "good-12-again.csv": HEADER + ROW.format(3),
        "good-13.json": '[{"store_id": "S4", "product_id": "P1", "counted_at": "2026-11-01T06:00:00Z", "quantity": 4}]',
    }.items()))  # fmt: skip


def admitted(folder: Path, platform_like: Platform) -> PlainPlatform:
    platform = Platform(settings_of(folder), platform_like.flows)
    plain = PlainPlatform(platform.settings, platform.handlers())
    for age, (name, text) in enumerate(files().items()):
        plain.drop(name, text, folder="stock_counts", modified=1_790_000_000 + age)
    plain.admit()
    return plain


def became(plain: PlainPlatform) -> dict[object, pl.DataFrame]:
    drops = plain.table("drops").drop("admitted_at", "modified_ns")
    counts = plain.table("row_counts")
    loads = plain.table("loads")
    keys = [(row["feed"], row["content_key"]) for row in loads.iter_rows(named=True)]
    tables: dict[object, pl.DataFrame] = {"drops": drops, "counts": counts, "loads": loads}
    tables |= {key: pl.read_parquet(plain.lake.rows(*key)).sort("_record") for key in keys}
    rejects = (plain.lake.root / "lake" / "rejects").glob("*")
    return tables | {path.name: pl.read_parquet(path) for path in rejects}


def test_a_group_comes_to_what_each_alone_comes_to(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    map_plain_files = together.map_plain_files

    def noting(**given):
        found = map_plain_files(**given)
        sizes.append((len(given["group"].files), len(found)))
        return found

    monkeypatch.setattr(small_files, "map_plain_files", noting)
    grouped = became(admitted(tmp_path / "grouped", platform))
    given, explained = (sum(numbers) for numbers in zip(*sizes, strict=True))
    assert given > explained > 20, "most are mapped by few queries, and some of them have to be explained"
    monkeypatch.setattr(small_drops, "SMALL_BYTES", -1)
    sizes.clear()
    alone = became(admitted(tmp_path / "alone", platform))
    assert not sizes
    assert grouped.keys() == alone.keys()
    for name, table in alone.items():
        assert table.equals(grouped[name]), name
        assert table.schema == grouped[name].schema, name


@pytest.mark.parametrize("where", ["put_all_in_place", "map_plain_files", "read_together"])
def test_trouble_of_the_machine_condemns_none_of_a_group(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    plain = PlainPlatform(platform.settings, platform.handlers())
    for number in range(5):
        plain.drop(f"{number}.csv", HEADER + ROW.format(number), folder="stock_counts")

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(small_files, where, fail)
        if where != "put_all_in_place":  # then each is read by itself
            broken.setattr(small_files.Result, "of", fail)
        with pytest.raises(OSError, match="Input/output error"):
            plain.admit()
    plain.admit()
    assert plain.states() == ["loaded"] * 5
    assert plain.rows("stock_counts").height == 5
    assert plain.discrepancies() == []
