"""The lines about files and rows that a run ends with."""

from datetime import date, timedelta

import pytest

from retail_assets.intake.ledger_export import export_ledger
from retail_assets.intake.run_summary import drops_as_they_stand, intake_lines
from retail_assets.platform import Platform
from tests.archives import zipped
from tests.plain_platform import NIGHT, PlainPlatform

HEADER = "store_id,name\n"
TWO, ONE = HEADER + "S1,One\nS2,Two\n", HEADER + "S3,Three\n"


@pytest.fixture
def stores(platform: Platform) -> PlainPlatform:
    export_ledger(platform.settings)
    return PlainPlatform(platform.settings, platform.handlers())


def said(stores: PlainPlatform, night: date = NIGHT, **dropped: str | bytes) -> list[str]:
    """Of a run that finds some files; `a_csv` is `a.csv`."""
    before = drops_as_they_stand(stores.lake)
    for name, content in dropped.items():
        stores.drop(name.replace("_", "."), content, folder="stores")
    stores.admit(night)
    return intake_lines(stores.lake, night, before)


def test_a_run_without_files_took_nothing(stores: PlainPlatform) -> None:
    assert said(stores) == ["This run took nothing new."]


def test_a_first_run_says_what_it_took(stores: PlainPlatform) -> None:
    assert said(stores, a_csv=TWO, again_csv=TWO, b_parquet="no table", c_csv=ONE + ",Nobody\n") == [
        "Files: 1 duplicate, 2 loaded, 1 quarantined",
        "Rows: 3 admitted, 1 rejected",
    ]


def test_a_second_run_of_the_night_says_what_was_new_and_the_night_in_all(stores: PlainPlatform) -> None:
    said(stores, a_csv=TWO, b_parquet="no table")
    assert said(stores) == [
        "This run took nothing new.",
        "Files of the whole night: 1 loaded, 1 quarantined",
        "Rows of the whole night: 2 admitted",
    ]
    assert said(stores, c_csv=ONE) == [
        "Files: 1 loaded",
        "Rows: 1 admitted",
        "Files of the whole night: 2 loaded, 1 quarantined",
        "Rows of the whole night: 3 admitted",
    ]
    assert said(stores, NIGHT + timedelta(days=1), d_csv=HEADER + "S4,Four\n") == [
        "Files: 1 loaded",
        "Rows: 1 admitted",
    ]


def test_what_a_decision_changed_of_an_older_night_is_of_this_run(stores: PlainPlatform) -> None:
    said(stores, a_csv=TWO)
    before = drops_as_they_stand(stores.lake)
    assert stores.decide("withdraw_file", 1).accepted
    lines = intake_lines(stores.lake, NIGHT + timedelta(days=1), before)
    assert "1 withdrawn" in lines[0]


def test_parts_of_archives_are_files_and_no_rows(stores: PlainPlatform) -> None:
    parts = {"a.csv": TWO, "b.csv": ONE, "../c.csv": ONE}
    assert said(stores, both_zip=zipped(parts), d_csv=HEADER + "S4,Four\n") == [
        "Files: 4 loaded (2 from archives, 1 rejected in archives)",
        "Rows: 4 admitted",
    ]
