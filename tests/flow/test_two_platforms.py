"""Two platforms on one machine, at once; and one platform that two processes start first, at once."""

from pathlib import Path

import duckdb


def _published_stores(folder: Path) -> list[str]:
    database = (folder / "data" / "published").resolve() / "retail.duckdb"
    with duckdb.connect(str(database), read_only=True) as con:
        return [row[0] for row in con.execute("select store_id from stores order by 1").fetchall()]


def test_two_platforms_side_by_side_and_two_first_starts(nights_at_once: Path) -> None:
    """Both set-ups and all three nights succeeded, or the fixture would have raised."""
    assert _published_stores(nights_at_once / "one") == ["S9"]
    assert _published_stores(nights_at_once / "two") == ["S0", "S1"]
