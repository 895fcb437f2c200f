"""A night that ran with a wrong clock is taken back: what is published then is as if it had never been."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from retail_assets.feeds.intake_checks import clock_finding
from retail_assets.flows import platform_of
from retail_assets.intake.ledger import newest_night, record_night
from retail_assets.warehouse.publication import Publication, publish
from retail_assets.warehouse.sources import land_empty_tables
from tests.conftest import settings_of
from tests.faults.night import published
from tests.plain_platform import DECISIONS, NIGHT, PlainPlatform
from tests.warehouse import Builds

NEXT, WRONG = NIGHT + timedelta(days=1), date(2027, 12, 31)
MODELS = ("sales_daily", "product_performance", "stores", "input_files")
RETRACT = DECISIONS + f"r1,2026-11-21T01:00:00Z,admin,retract_night,{WRONG},,the clock was wrong,\n"
SALES = "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency\n"
PRODUCTS = "product_id,name,category,cost_price,currency\nP1,Mug,Mugs,"


def sales(order: str, *days: int) -> str:
    lines = [f"{order},{day},S1,P1,2026-11-{day}T10:00:00Z,2,5,EUR\n" for day in days]
    return SALES + "".join(lines)


class Retailer:
    """Admission, the warehouse and publication of a few models, night by night."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = platform_of(settings_of(folder))
        self.plain = PlainPlatform(self.platform.settings, self.platform.handlers())
        self.builds = Builds(SimpleNamespace(platform=self.platform), *MODELS)  # ty: ignore[invalid-argument-type]
        land_empty_tables(self.platform)
        self._dropped = 0

    def night(self, as_of: date, **files: str) -> Publication:
        """Files by their folder."""
        for folder, text in files.items():
            self._dropped += 1
            self.plain.drop(
                f"{self._dropped}.csv", text, folder=folder, modified=1_790_000_000 + self._dropped
            )
        self.plain.admit(as_of)
        assert self.builds.build(as_of=as_of).problem is None
        return self.publish()

    def publish(self) -> Publication:
        night = newest_night(self.platform.settings)
        assert night
        return publish(platform=self.platform, as_of=night[0], run_id="a-run")


FIRST = {"stores": "store_id,name\nS1,One\n", "products": PRODUCTS + "1,EUR\n", "sales": sales("A", 17, 19)}
LATER = {"products": PRODUCTS + "2,EUR\n", "sales": sales("B", 18, 20, 21)}
LAST = {"decisions": RETRACT, "sales": sales("C", 20)}


def parquet(folder: Path, mart: str) -> dict[str, bytes]:
    files = (folder / "data" / "published" / "parquet" / mart).rglob("*.parquet")
    return {file.name: file.read_bytes() for file in files}


def test_after_it_everything_is_as_if_the_wrong_night_never_was(tmp_path: Path) -> None:
    wrong, right = Retailer(tmp_path / "wrong"), Retailer(tmp_path / "right")
    wrong.night(NIGHT, **FIRST)
    assert wrong.night(WRONG, **LATER).as_of == WRONG
    back = wrong.night(NEXT, **LAST)
    assert (back.release, back.as_of) == (3, NEXT)
    assert wrong.night(NEXT).release is None, "it is taken back once"

    right.night(NIGHT, **FIRST)
    right.night(NIGHT, **LATER)
    right.night(NEXT, **LAST)
    found, expected = published(wrong.folder), published(right.folder)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []
    for mart in ("sales_daily", "product_performance", "stores"):
        assert parquet(wrong.folder, mart) == parquet(right.folder, mart)


@pytest.fixture
def taken(tmp_path: Path) -> Retailer:
    """After a night, and one with a wrong clock that was built but took no drop of its own."""
    retailer = Retailer(tmp_path)
    retailer.night(NIGHT, **FIRST)
    retailer.night(WRONG)
    return retailer


def test_a_night_ahead_of_the_clock_warns_until_it_is_taken_back(taken: Retailer) -> None:
    settings = taken.platform.settings
    found = clock_finding(settings, NEXT)
    assert not found.passed
    assert f"ran, but today is {NEXT}" in found.advice
    assert f"decide retract_night about {WRONG}" in found.advice
    assert clock_finding(settings, WRONG).passed

    assert taken.plain.decide("retract_night", str(WRONG)).accepted
    assert clock_finding(settings, NEXT).passed
    assert taken.publish().as_of == WRONG, "the marts still stand there"
    taken.builds.build_part("stores", as_of=NIGHT)
    assert taken.publish().as_of == WRONG, "nor does a part of them take readers back"
    assert taken.night(NIGHT).as_of == NIGHT
    again = taken.plain.decide("retract_night", str(WRONG), number=2)
    assert again.message == f"There is no night {WRONG}."


def test_all_nights_after_it_go_with_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    plain = PlainPlatform(settings, platform_of(settings).handlers())
    for number, night in enumerate((NIGHT, WRONG, WRONG + timedelta(days=1))):
        record_night(settings, night, datetime.combine(night, time(1), UTC))
        plain.drop(f"{number}.csv", f"store_id,name\nS{number},One\n", folder="stores")
        plain.admit(night)
    assert plain.decide("retract_night", str(WRONG)).accepted
    assert newest_night(settings) == (NIGHT, datetime.combine(NIGHT, time(1), UTC))
    assert set(plain.table("drops")["partition"]) == {NIGHT}


def test_the_first_night_of_all_goes_back_to_where_the_platform_begins(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    plain = PlainPlatform(settings, platform_of(settings).handlers())
    plain.drop("a.csv", "store_id,name\nS1,One\n", folder="stores")
    plain.admit(WRONG)
    late = settings.model_copy(update={"first_night": WRONG})
    early, plain.handlers, plain.settings = plain.handlers, platform_of(late).handlers(), late
    refused = plain.decide("retract_night", str(WRONG))
    assert not refused.accepted
    assert "Set RETAIL_FIRST_NIGHT to the day to go back to" in refused.message
    plain.handlers, plain.settings = early, settings
    assert plain.decide("retract_night", str(WRONG), number=2).accepted
    assert plain.table("drops").filter(folder="stores")["partition"].to_list() == [settings.first_night]
    assert (
        plain.decide("retract_night", "the last one", number=3).message == "There is no night the last one."
    )
