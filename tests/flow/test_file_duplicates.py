"""The same content again: when is a file of rows news?"""

from tests.plain_platform import FIRST, HEADER, SECOND, PlainPlatform


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


def test_a_withdrawn_drop_makes_no_duplicates(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    plain.decide("withdraw_file", 1)
    plain.drop("a.csv", FIRST)
    plain.admit()
    assert plain.states() == ["withdrawn", "loaded", "loaded"]
