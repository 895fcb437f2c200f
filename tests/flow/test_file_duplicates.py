"""The same content again: when is a file of rows news?"""

from dataclasses import replace
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Handlers, Identity, OneByOne, Outcome
from retail_assets.intake.ledger_tables import Drop
from tests.plain_platform import DECISIONS, FIRST, HEADER, SECOND, PlainPlatform


def test_the_same_file_again_is_a_duplicate_and_is_not_read(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    plain.drop("renamed.csv", FIRST)
    report = plain.admit()
    assert plain.states() == ["loaded", "duplicate"]
    assert plain.table("drops")["duplicate_of"].to_list() == [None, 1]
    assert report.rows_admitted("sales") == 0
    assert plain.table("loads")["sequence"].to_list() == [1]


def test_values_from_the_name_make_a_content_of_its_own(plain: PlainPlatform) -> None:
    for name in ("a@monday", "b@monday", "c@tuesday"):
        plain.drop(name, FIRST)
        plain.admit()
    assert plain.states() == ["loaded", "duplicate", "loaded"]


def test_an_older_version_dropped_again_after_a_newer_one_counts(plain: PlainPlatform) -> None:
    for text in (FIRST, SECOND, FIRST, FIRST):
        plain.drop("a.csv", text)
        plain.admit()
    assert plain.states() == ["loaded", "loaded", "loaded", "duplicate"]
    assert plain.table("drops")["duplicate_of"].to_list() == [None, None, None, 3]


def test_a_later_drop_with_other_keys_does_not_matter(plain: PlainPlatform) -> None:
    for text in (FIRST, HEADER + "7,1,1\n", FIRST):
        plain.drop("a.csv", text)
        plain.admit()
    assert plain.states() == ["loaded", "loaded", "duplicate"]


def test_a_later_drop_that_replaced_the_document_counts(plain: PlainPlatform) -> None:
    header = "order_id,line_number,document\n"
    for text in (header + "1,1,D\n", header + "1,2,D\n", header + "1,1,D\n"):
        plain.drop("a.csv", text)
        plain.admit()
    assert plain.states() == ["loaded", "loaded", "loaded"]


def test_a_key_that_the_day_of_admission_fills_fits_any_day(plain: PlainPlatform) -> None:
    header = "supplier_id,product_id,valid_from,unit_cost\n"
    for cost in (5, 6, 5):
        plain.drop("a.csv", header + f"s,p,,{cost}\n", folder="supplier_products")
        plain.admit()
    assert plain.states() == ["loaded", "loaded", "loaded"]


def test_of_a_withdrawn_drop_one_duplicate_counts_instead(plain: PlainPlatform) -> None:
    for _ in range(3):
        plain.drop("a.csv", FIRST)
        plain.admit()
    assert plain.states() == ["loaded", "duplicate", "duplicate"]
    plain.decide("withdraw_file", 1)
    assert plain.states()[:3] == ["withdrawn", "loaded", "duplicate"]
    assert plain.table("drops")["duplicate_of"].to_list()[:3] == [None, None, 2]


def test_a_duplicate_that_is_withdrawn_with_its_original_stays_away(plain: PlainPlatform) -> None:
    for _ in range(2):
        plain.drop("a.csv", FIRST)
        plain.admit()
    rows = [f"x{n},2026-11-20T10:00:0{n},admin,withdraw_file,{n},,," for n in (1, 2)]
    plain.drop("d.csv", DECISIONS + "\n".join(rows) + "\n", folder="decisions")
    plain.admit()
    assert plain.states() == ["withdrawn", "withdrawn", "loaded"]


def test_of_a_drop_that_can_no_longer_be_read_a_duplicate_counts_instead(plain: PlainPlatform) -> None:
    for text in ("day@monday", "again@monday"):
        plain.drop(text, FIRST)
        plain.admit()
    reader = next(handler for handler in plain.handlers.all if handler.name == "plain")
    assert isinstance(reader.reader, OneByOne)
    load = reader.reader.load

    def unable(path: Path, drop: Drop, identity: Identity) -> Outcome:
        if drop.sequence == 1:
            raise Unreadable("unable", "Today's mapping does not fit it.")
        return load(path, drop, identity)

    plain.handlers = Handlers([replace(reader, reader=OneByOne(unable))])
    plain.decide("reload_file", 1)
    assert plain.states()[:2] == ["quarantined", "loaded"]


def test_of_a_withdrawn_drop_among_thousands_one_duplicate_counts_until_it_is_back(
    plain: PlainPlatform,
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        plain.drop(name, "photo", folder="refunds")
        plain.admit()
    assert plain.states() == ["loaded", "duplicate", "duplicate"]
    assert plain.decide("withdraw_file", 1, number=1).also
    assert plain.states()[:3] == ["withdrawn", "loaded", "duplicate"]
    plain.decide("release_file", 1, number=2)
    assert plain.states()[:3] == ["loaded", "duplicate", "duplicate"], "one copy counts, as before"


def test_a_withdrawn_drop_makes_no_duplicates(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    plain.decide("withdraw_file", 1)
    plain.drop("a.csv", FIRST)
    plain.admit()
    assert plain.states() == ["withdrawn", "loaded", "loaded"]
