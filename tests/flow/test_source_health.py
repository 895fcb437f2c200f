"""A source that changes warns, with numbers; ordinary nights, weekends and growth do not."""

import random
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from retail_assets.database import migrate
from retail_assets.flows import platform_of
from retail_assets.intake.admission import admit
from retail_assets.intake.ledger import record_night
from retail_assets.kit.findings import Finding
from retail_assets.platform import Platform
from retail_assets.source_health.as_usual import as_usual_findings
from retail_assets.source_health.profiles import profile_new_files
from retail_assets.source_health.tables import FILE_PROFILES
from retail_assets.warehouse.sources import land_empty_tables
from tests.conftest import settings_of
from tests.lake_builder import LakeBuilder
from tests.warehouse import Builds

FIRST, LAST = date(2026, 10, 30), date(2026, 11, 20)
"""A Friday, and the third after it: the night that tests change."""

KASSE = """
source: kasse
match: {folder: sales, files: "kasse_*.csv"}
values: {dates: "%Y-%m-%d %H:%M:%S", time_zone: Europe/Berlin}
targets:
  - feed: sales
    columns:
      order_id: {sql: "'K' || Bon"}
      line_number: {constant: "1"}
      store_id: Filiale
      product_id: Artikel
      sold_at: Zeit
      quantity: Menge
      unit_price: Preis
      currency: {column: Waehrung, default: EUR}
      customer_id: customer_id
      channel: {column: Weg, translate: {L: store, O: web}}
"""
HEADER = ["Bon", "Filiale", "Artikel", "Zeit", "Menge", "Preis", "Waehrung", "customer_id", "Weg"]
Row = dict[str, str]


def till_rows(night: date, count: int, number: int = 0) -> list[Row]:
    """Receipts of the day before a night; two in five have a customer."""
    dice = random.Random(f"{night} {number}")
    return [
        {
            "Bon": f"{night:%m%d}{number}{n}",
            "Filiale": f"S{number}",
            "Artikel": f"P{dice.randrange(30)}",
            "Zeit": f"{night - timedelta(days=1)} {9 + n % 10:02}:15:00",
            "Menge": "1",
            "Preis": "9.90",
            "Waehrung": "EUR",
            "customer_id": f"C{dice.randrange(90)}" if dice.random() < 0.4 else "",
            "Weg": dice.choice("LLLO"),
        }
        for n in range(count)
    ]


def csv(rows: list[Row], header: list[str] = HEADER) -> str:
    return "\n".join([";".join(header), *(";".join(row[name] for name in header) for row in rows)]) + "\n"


def web_lines(night: date, count: int, **more: str) -> str:
    """Orders as JSON, with the contract's names; a discount is written where there is one."""
    dice = random.Random(f"web {night}")
    lines = []
    for n in range(count):
        discount = f', "{more.get("discount", "discount")}": 1' if dice.random() < 0.5 else ""
        lines.append(
            f'{{"order_id": "W{night:%m%d}{n}", "line_number": 1, "store_id": "WEB", "product_id": "P1", '
            f'"sold_at": "{night - timedelta(days=1)}T12:00:00Z", "quantity": 1, "unit_price": 20, '
            f'"currency": "{more.get("currency", "EUR")}", "channel": "web"{discount}}}'
        )
    return "\n".join(lines) + "\n"


class Days:
    """A platform with two tills that are closed on Sundays and a web shop that is not."""

    def __init__(self, folder: Path) -> None:
        self.platform: Platform = platform_of(settings_of(folder))
        self.lake = self.platform.lake

    def drop(self, name: str, content: str, feed: str = "sales") -> None:
        path = self.lake.inbox / "feeds" / feed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.with_name(f"{name}.done").touch()

    def ordinary(self, night: date, *, without: str = "") -> None:
        """Trade grows by a fiftieth a day, is half on Saturdays and rests on Sundays."""
        day = night - timedelta(days=1)
        growth = 1.02 ** (night - FIRST).days * (0.5 if day.weekday() == 5 else 1)
        for number in (1, 2):
            if day.weekday() != 6 and without != f"kasse_{number}":
                rows = till_rows(night, int(60 * number * growth), number)
                self.drop(f"kasse_{number}_{night:%Y%m%d}.csv", csv(rows))
        if without != "web":
            self.drop(f"web_{night:%Y%m%d}.ndjson", web_lines(night, int(50 * growth)))

    def run(self, night: date) -> dict[str, Finding]:
        record_night(self.platform.settings, night, datetime.combine(night, time(1), UTC))
        admit(settings=self.platform.settings, handlers=self.platform.handlers(), as_of=night)
        profile_new_files(self.platform, night)
        return self.findings(night)

    def findings(self, night: date, hour: int = 2) -> dict[str, Finding]:
        now = datetime.combine(night, time(hour), self.platform.settings.zone)
        return as_usual_findings(self.platform, night, now.astimezone(UTC))

    def told(self, night: date = LAST) -> list[str]:
        """What is told of sales once the night has run."""
        finding = self.run(night)["sales"]
        which = finding.figures.get("which")
        assert finding.passed == (which is None)
        return [] if which is None else [f"{row['source']}: {row['told']}" for row in which.to_dicts()]


@pytest.fixture(scope="module")
def ordinary_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks up to the night before the last; every one of them was quiet."""
    folder = tmp_path_factory.mktemp("days")
    days = Days(folder)
    days.lake.sources.mkdir(parents=True)
    (days.lake.sources / "kasse.yaml").write_text(KASSE)
    migrate(days.platform.settings)
    land_empty_tables(days.platform)
    night = FIRST
    while night < LAST:
        days.ordinary(night)
        loud = {feed: one.advice for feed, one in days.run(night).items() if not one.passed}
        assert not loud, f"{night}: {loud}"
        night += timedelta(days=1)
    return folder


@pytest.fixture
def days(ordinary_days: Path, tmp_path: Path) -> Iterator[Days]:
    shutil.copytree(ordinary_days, tmp_path / "copy", symlinks=True)
    yield Days(tmp_path / "copy")


def renamed(row: Row, old: str, new: str) -> Row:
    return {new if name == old else name: value for name, value in row.items()}


def header(old: str, new: str) -> list[str]:
    return [new if name == old else name for name in HEADER]


def test_an_ordinary_night_is_quiet(days: Days) -> None:
    days.ordinary(LAST)
    assert days.told() == []


def test_what_comes_in_an_archive_is_what_it_was(days: Days) -> None:
    days.ordinary(LAST, without="kasse_1")
    path = days.lake.inbox / "feeds" / "sales" / "tills.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("kasse_1_20261120.csv", csv(till_rows(LAST, 90, 1)))
    path.with_name("tills.zip.done").touch()
    assert days.told() == []


def test_a_renamed_column_is_told_with_its_likely_new_name(days: Days) -> None:
    days.ordinary(LAST, without="kasse_1")
    rows = [renamed(row, "customer_id", "customer_kd") for row in till_rows(LAST, 80, 1)]
    days.drop("kasse_1_new.csv", csv(rows, header("customer_id", "customer_kd")))
    [said] = days.told()
    assert said.startswith("kasse: kasse_1_new.csv came without the column `customer_id` (")
    assert "36 of 36 earlier files carried it; is it `customer_kd` now?" in said


def test_a_column_with_a_default_is_missed_too(days: Days) -> None:
    """Its rows have a value, and nothing else would tell that nobody wrote it."""
    days.ordinary(LAST, without="kasse_2")
    days.drop("kasse_2_new.csv", csv(till_rows(LAST, 150, 2), [n for n in HEADER if n != "Waehrung"]))
    assert [said.partition(" (")[0] for said in days.told()] == [
        "kasse: kasse_2_new.csv came without the column `Waehrung`"
    ]


def test_a_renamed_field_of_json_is_an_empty_column(days: Days) -> None:
    """JSON leaves out what is empty, so that no header tells."""
    days.ordinary(LAST, without="web")
    days.drop("web_new.ndjson", web_lines(LAST, 70, discount="rebate"))
    [said] = days.told()
    assert said.startswith("contract: web_new.ndjson came without a value of `discount` (")
    assert "new in it: `rebate`" in said


def test_a_word_never_seen_before_in_a_coded_column(days: Days) -> None:
    """A word that the mapping does not translate, and one that the contract's pattern lets through."""
    days.ordinary(LAST, without="web")
    days.drop("web_new.ndjson", web_lines(LAST, 70, currency="CHF"))
    rows = till_rows(LAST, 60, 3)
    days.drop("kasse_3.csv", csv([{**rows[0], "Weg": "T"}, *rows[1:]]))
    assert days.told() == [
        "contract: web_new.ndjson: `CHF` in currency, never seen before (so far `EUR`)",
        "kasse: kasse_3.csv: `T` in channel, never seen before (so far `store`, `web`)",
    ]


def test_a_share_of_nulls_far_from_the_usual(days: Days) -> None:
    days.ordinary(LAST, without="kasse_2")
    rows = [{**row, "customer_id": ""} if n % 20 else row for n, row in enumerate(till_rows(LAST, 160, 2))]
    days.drop("kasse_2_new.csv", csv(rows))
    [said] = days.told()
    assert "rows without customer_id, usually 6" in said


def test_a_share_of_rejects_far_from_the_usual(days: Days) -> None:
    days.ordinary(LAST, without="kasse_2")
    rows = [{**row, "Preis": "-1"} if n % 3 == 0 else row for n, row in enumerate(till_rows(LAST, 160, 2))]
    days.drop("kasse_2_new.csv", csv(rows))
    [said] = days.told()
    assert "of 2" in said and "records rejected, usually 0%" in said


@pytest.mark.parametrize("rows", [8, 2_000])
def test_far_fewer_or_more_rows_than_usual(days: Days, rows: int) -> None:
    days.ordinary(LAST, without="web")
    days.drop("web_new.ndjson", web_lines(LAST, rows))
    [said] = days.told()
    assert said.startswith(f"contract: {rows:,} rows in 1 file on 2026-11-20, usually ")


def test_some_days_at_once_are_no_oddity(days: Days) -> None:
    """Many rows in files as they always are: a source sent what it owed."""
    days.ordinary(LAST)
    for number in (4, 5, 6, 7, 8):
        days.drop(f"kasse_{number}.csv", csv(till_rows(LAST, 120, number)))
    assert days.told() == []


def test_a_day_that_is_missing(days: Days) -> None:
    """The tills of a weekday, and the shop that comes every day; a file that was sent again is no new day."""
    days.drop("web_again.ndjson", web_lines(LAST - timedelta(days=1), 72))
    assert days.told() == [
        "contract: nothing new came for the night of 2026-11-20: the newest business day is 2026-11-18",
        "kasse: nothing new came for the night of 2026-11-20: the newest business day is 2026-11-18",
    ]


def test_a_day_is_missing_until_it_comes(days: Days) -> None:
    days.ordinary(LAST, without="web")
    later = LAST + timedelta(days=1)
    assert days.told() != []
    days.ordinary(later, without="web")
    assert "2026-11-21" in days.told(later)[0]
    days.drop("web_late.ndjson", web_lines(later, 80))
    assert days.told(later) == []


def test_a_source_that_comes_in_the_evening_is_not_missed_at_night(days: Days) -> None:
    drops = days.lake.ledger / "drops.parquet"
    in_the_evening = pl.col("partition").cast(pl.Datetime("us", "UTC")) + timedelta(hours=19)
    pl.read_parquet(drops).with_columns(admitted_at=in_the_evening).write_parquet(drops)
    assert days.findings(LAST, hour=2)["sales"].passed
    assert not days.findings(LAST, hour=23)["sales"].passed


def test_a_source_whose_mapping_is_gone_is_not_missed(days: Days) -> None:
    (days.lake.sources / "kasse.yaml").unlink()
    days.drop("web_today.ndjson", web_lines(LAST, 72))
    assert days.told() == []


def test_what_is_in_quarantine_is_not_missing(days: Days) -> None:
    """It warns as what it is."""
    days.ordinary(LAST, without="kasse_1")
    days.platform.lake.inbox.joinpath("feeds/sales", f"kasse_2_{LAST:%Y%m%d}.csv").write_text(
        "Bon;Filiale\n1;2\n"
    )
    assert days.told() == []


def test_what_is_meant_becomes_the_usual(days: Days) -> None:
    """A column that stays away is told of until a tenth of the files lack it."""
    told = []
    for n in range(6):
        night = LAST + timedelta(days=n)
        for number in (1, 2):
            rows = till_rows(night, 100, number)
            days.drop(f"kasse_{number}_{night}.csv", csv(rows, [n for n in HEADER if n != "Waehrung"]))
        days.drop(f"web_{night}.ndjson", web_lines(night, 72))
        told.append(bool(days.told(night)))
    assert told[:2] == [True, True] and told[-1] is False


def test_only_new_files_are_counted(days: Days) -> None:
    days.ordinary(LAST)
    days.run(LAST)
    parts = {part: part.read_bytes() for part in FILE_PROFILES.parts(days.lake)}
    for folder in (days.lake.root / "lake" / "rows").iterdir():
        for file in folder.glob("*.parquet"):
            if file.name != "empty.parquet":
                file.write_bytes(b"nobody reads this again")
    assert profile_new_files(days.platform, LAST) == 0
    assert {part: part.read_bytes() for part in FILE_PROFILES.parts(days.lake)} == parts


def test_a_new_platform_knows_nothing_and_says_nothing(tmp_path: Path) -> None:
    days = Days(tmp_path)
    migrate(days.platform.settings)
    land_empty_tables(days.platform)
    assert all(finding.passed for finding in days.run(LAST).values())
    days.drop("web.ndjson", web_lines(LAST, 5))
    assert days.told() == []


def test_the_marts_tell_what_each_source_sent(tmp_path: Path) -> None:
    """Of two files of a night one lacks its customers, and one row in four has a negative price."""
    lake = LakeBuilder(tmp_path / "data")
    builds = Builds(lake, "source_health", "source_columns")
    lake.lake.sources.mkdir(exist_ok=True)
    (lake.lake.sources / "kasse.yaml").write_text(KASSE)
    days = Days(tmp_path)
    rows = [
        {**row, "customer_id": f"C{n}", "Weg": "LO"[n % 2], "Preis": "-1" if n == 3 else "2"}
        for n, row in enumerate(till_rows(LAST, 4))
    ]
    days.drop("kasse_1.csv", csv(rows))
    days.drop("kasse_2.csv", csv([{**row, "customer_id": "", "Weg": "L"} for row in till_rows(LAST, 2, 2)]))
    days.run(LAST)
    assert builds.build(as_of=LAST).problem is None
    with duckdb.connect(str(lake.lake.warehouse), read_only=True) as connection:
        [sent] = connection.execute("from marts.source_health").fetchall()
        columns = connection.execute(
            "select column_name, rows, nulls, null_share, words from marts.source_columns "
            "where column_name in ('customer_id', 'currency', 'channel') order by all"
        ).fetchall()
    assert sent == ("kasse", "sales", LAST, 2, 6, 5, 1, Decimal("0.1667"), LAST - timedelta(days=1))
    assert columns == [
        ("channel", 5, 0, 0, ["store", "web"]),
        ("currency", 5, 0, 0, ["EUR"]),
        ("customer_id", 5, 2, Decimal("0.4"), None),
    ]
