"""Archives: what lies in a .zip or .gz comes in as if it had been dropped itself, in the archive's place."""

import gzip
from datetime import timedelta

import polars as pl
import pytest
from sqlalchemy import event

from retail_assets.config import Settings
from retail_assets.database import platform_engine
from retail_assets.decisions.files import FILE
from retail_assets.intake import judging
from retail_assets.intake.ledger_export import export_ledger
from retail_assets.intake.reconcile import accounting
from retail_assets.platform import Platform
from retail_assets.refunds.photos import admitted_photos
from tests.archives import zipped
from tests.photos import photo
from tests.plain_platform import DECISIONS, FIRST, HEADER, NIGHT, SECOND, PlainPlatform

LIST = "file_name,case_id\n"


@pytest.fixture
def real(platform: Platform) -> PlainPlatform:
    """An empty platform with the handlers of all flows."""
    return PlainPlatform(platform.settings, platform.handlers())


def _drops(plain: PlainPlatform) -> list[tuple[int, str, int | None, int, str]]:
    return plain.table("drops").select("sequence", "name", "parent", "position", "state").rows()


# Parts


def test_tables_and_a_photo_in_a_zip_become_drops_of_their_own(real: PlainPlatform) -> None:
    files = {
        "a.csv": LIST + "x.jpg,C-1\n",
        "b.csv": LIST + "y.jpg,C-2\nz.jpg,C-3\n",
        "C-7/front.jpg": photo(),
    }
    real.drop("from the branch.zip", zipped(files), folder="refunds")
    report = real.admit()
    assert _drops(real) == [
        (1, "from the branch.zip", None, 1, "loaded"),
        (2, "C-7/front.jpg", 1, 1, "loaded"),
        (3, "a.csv", 1, 1, "loaded"),
        (4, "b.csv", 1, 1, "loaded"),
    ]
    assert report.rows_admitted("refund_manifests") == 3
    assert admitted_photos(real.settings, NIGHT)["name"].to_list() == ["front.jpg"]
    assert real.table("row_counts").select("sequence", "target", "records", "admitted", "routed").rows() == [
        (1, "parts", 3, 0, 3),
        (3, "refund_manifests", 1, 1, 0),
        (4, "refund_manifests", 2, 2, 0),
    ]
    assert real.table("loads")["sequence"].to_list() == [3, 4], "rows count where they came from, once"
    assert real.discrepancies() == accounting(real.settings) == []
    assert real.inbox() == [] and not list(real.lake.claims.iterdir())
    assert real.admit().summary() == ["Nothing was dropped."]


def test_a_zip_in_a_zip_is_unpacked_too(plain: PlainPlatform) -> None:
    inner = zipped({"deep/second.csv": SECOND})
    plain.drop("outer.zip", zipped({"first.csv": FIRST, "inner.zip": inner}))
    plain.admit()
    assert _drops(plain) == [
        (1, "outer.zip", None, 1, "loaded"),
        (2, "first.csv", 1, 1, "loaded"),
        (3, "inner.zip", 1, 1, "loaded"),
        (4, "deep/second.csv", 3, 1, "loaded"),
    ]
    assert plain.rows()["order_id"].to_list() == ["1", "1", "1"]


@pytest.mark.parametrize(("name", "part"), [("till.csv.gz", "till.csv"), ("Till.CSV.GZIP", "Till.CSV")])
def test_a_gz_holds_one_file_called_like_it(plain: PlainPlatform, name: str, part: str) -> None:
    plain.drop(name, gzip.compress(FIRST.encode()))
    plain.admit()
    assert _drops(plain) == [(1, name, None, 1, "loaded"), (2, part, 1, 1, "loaded")]
    assert plain.rows().height == 2


def test_what_is_no_file_of_somebody_is_left_out_and_counted(plain: PlainPlatform) -> None:
    files = {"a.csv": FIRST, "__MACOSX/._a.csv": "x", ".DS_Store": "x", "Thumbs.db": "x", "folder/": ""}
    files["a.csv.done"] = ""
    plain.drop("from a mac.zip", zipped(files))
    [archive, _] = plain.admit().drops
    [counts] = archive.outcome.counts
    assert (counts.records, counts.routed, counts.filtered, counts.rejected) == (5, 1, 4, 0)
    assert counts.by_rule == {
        "routed/part": 1,
        "left_out/system_file": 2,
        "left_out/hidden": 1,
        "left_out/marker": 1,
    }
    assert archive.line() == "1 sales/from a mac.zip: loaded, no rows, 4 left out."


def test_parts_of_an_archive_in_the_folder_of_a_case_belong_to_that_case(real: PlainPlatform) -> None:
    real.drop(
        "C-7/photos.zip",
        zipped({"front.jpg": photo("red"), "more/back.jpg": photo("blue")}),
        folder="refunds",
    )
    real.drop(
        "export.zip",
        zipped({"20 Nov/C-8/front.jpg": photo("green"), "loose.jpg": photo("pink")}),
        folder="refunds",
    )
    real.admit()
    photos = admitted_photos(real.settings, NIGHT).select("name", "folder_case_id").rows()
    assert sorted(photos) == [
        ("back.jpg", "C-7"),
        ("front.jpg", "C-7"),
        ("front.jpg", "C-8"),
        ("loose.jpg", None),
    ]


def test_decisions_in_an_archive_are_decisions_of_people(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    rows = [
        "x1,2026-11-20T10:00:00,auto,withdraw_file,1,,,",
        "x2,2026-11-20T10:00:01,admin,withdraw_file,1,,,",
    ]
    plain.drop("d.zip", zipped({"d.csv": DECISIONS + "\n".join(rows) + "\n"}), folder="decisions")
    plain.admit()
    assert plain.table("decisions").select("decision_id", "accepted").rows() == [("x1", False), ("x2", True)]
    assert plain.states() == ["withdrawn", "loaded", "loaded"]


def test_a_part_whose_mapping_is_broken_waits_until_it_is_mended(
    real: PlainPlatform, platform: Platform
) -> None:
    real.lake.sources.mkdir(parents=True)
    mapping = real.lake.sources / "till.yaml"
    mapping.write_text(
        "source: till\nmatch: {folder: stores, files: 'till*'}\ntargets: [{feed: no_such_feed}]\n"
    )
    real.handlers = platform.handlers()
    real.drop(
        "x.zip",
        zipped({"till.csv": "store_id,name\nS1,One\n", "b.csv": "store_id,name\nS2,Two\n"}),
        folder="stores",
    )
    report = real.admit()
    assert real.states() == ["loaded", "loaded", "claimed"]
    assert [(one.name, one.reason) for one in report.skipped] == [("till.csv", "held_back")]
    mapping.unlink()
    real.handlers = platform.handlers()
    real.admit()
    assert real.states() == ["loaded", "loaded", "loaded"]


# Order


def test_a_later_loose_file_wins_over_an_archive_that_is_released_later(plain: PlainPlatform) -> None:
    small = plain.settings.model_copy(update={"archive_max_bytes": 10})
    limited = PlainPlatform(small)
    limited.drop("week.zip", zipped({"till.csv": FIRST}), modified=1_000)
    limited.drop("correction.csv", SECOND, modified=2_000)
    limited.admit()
    assert plain.states() == ["quarantined", "loaded"]
    assert plain.decide("release_file", 1).accepted
    assert [row[1:] for row in _drops(plain)] == [
        ("week.zip", None, 1, "loaded"),
        ("correction.csv", None, 2, "loaded"),
        (plain.table("drops")["name"][2], None, 3, "loaded"),
        ("till.csv", 1, 1, "loaded"),
    ]
    first_lines = plain.rows().filter(line_number="1")
    assert first_lines["quantity"].to_list() == ["5", "6"], "the correction is the last word"


def test_parts_are_numbered_by_their_time_in_the_archive_then_by_name(plain: PlainPlatform) -> None:
    names = ["c.csv", "a.csv", "b.csv"]
    plain.drop("x.zip", zipped({name: HEADER + f"{name},1,1\n" for name in names}))
    plain.admit()
    assert [name for _, name, parent, *_ in _drops(plain) if parent] == sorted(names)


def test_parts_belong_to_the_night_of_their_archive(plain: PlainPlatform) -> None:
    limited = PlainPlatform(plain.settings.model_copy(update={"archive_max_bytes": 10}))
    limited.drop("week.zip", zipped({"till.csv": FIRST}))
    limited.admit(NIGHT - timedelta(3))
    plain.decide("release_file", 1)
    nights = dict(plain.table("drops").select("name", "partition").rows())
    assert nights["till.csv"] == nights["week.zip"] == NIGHT - timedelta(3)


# Duplicates


def test_the_same_content_twice_in_an_archive_counts_once(plain: PlainPlatform) -> None:
    plain.drop("x.zip", zipped({"a.csv": FIRST, "b.csv": FIRST}))
    plain.admit()
    assert plain.states() == ["loaded", "loaded", "duplicate"]
    assert plain.table("drops")["duplicate_of"].to_list() == [None, None, 2]


def test_the_same_archive_again_is_a_duplicate_and_is_not_unpacked(plain: PlainPlatform) -> None:
    for name in ("a.zip", "b.zip"):
        plain.drop(name, zipped({"x.csv": FIRST, "y.csv": SECOND}))
        plain.admit()
    assert plain.states() == ["loaded", "loaded", "loaded", "duplicate"]
    assert plain.table("drops")["duplicate_of"].to_list() == [None, None, None, 1]


@pytest.mark.parametrize(
    ("names", "content"),
    [
        (("C-1/x.zip", "C-2/x.zip", "C-2/again.zip"), zipped({"a.txt": "a photo"})),
        (("a@monday.gz", "b@tuesday.gz", "b@tuesday.gz"), gzip.compress(b"a photo", mtime=0)),
    ],
    ids=["zip", "gz"],
)
def test_the_same_archive_under_a_name_that_its_parts_are_called_by_is_unpacked(
    plain: PlainPlatform, names: tuple[str, ...], content: bytes
) -> None:
    for name in names:
        plain.drop(name, content, folder="refunds")
        plain.admit()
    archives = plain.table("drops").filter(pl.col("parent").is_null())
    assert archives["state"].to_list() == ["loaded", "loaded", "duplicate"]


def test_the_same_archive_again_counts_where_something_newer_replaced_what_is_in_it(
    plain: PlainPlatform,
) -> None:
    archive = zipped({"x.csv": FIRST, "z.csv": HEADER + "9,9,9\n"})
    plain.drop("a.zip", archive)
    plain.admit()
    plain.drop("newer.csv", SECOND)
    plain.admit()
    plain.drop("a.zip", archive)
    plain.admit()
    again = [(name, parent, state) for _, name, parent, _, state in _drops(plain)[4:]]
    assert again == [("a.zip", None, "loaded"), ("x.csv", 5, "loaded"), ("z.csv", 5, "duplicate")]
    assert plain.rows().filter(order_id="1", line_number="1")["quantity"].to_list() == ["5", "6", "5"]


def test_the_same_archive_again_counts_where_a_part_of_it_was_withdrawn(plain: PlainPlatform) -> None:
    archive = zipped({"x.csv": FIRST, "z.csv": HEADER + "9,9,9\n"})
    plain.drop("a.zip", archive)
    plain.admit()
    plain.decide("withdraw_file", 2)
    plain.drop("a.zip", archive)
    plain.admit()
    again = {name: state for _, name, parent, _, state in _drops(plain) if parent not in (None, 1)}
    assert again == {"x.csv": "loaded", "z.csv": "duplicate"}


# Decisions


def test_what_is_decided_about_an_archive_is_decided_about_all_that_came_in_it(plain: PlainPlatform) -> None:
    inner = zipped({"deep.csv": SECOND})
    files = {
        "a.csv": HEADER + "7,7,7\n",
        "b.csv": HEADER + "7,7,7\n",
        "broken.csv": "broken\n",
        "inner.zip": inner,
    }
    plain.drop("x.zip", zipped(files))
    plain.admit()
    names = plain.table("drops")["name"].to_list()
    assert names == ["x.zip", "a.csv", "b.csv", "broken.csv", "inner.zip", "deep.csv"]
    assert plain.states() == ["loaded", "loaded", "duplicate", "quarantined", "loaded", "loaded"]

    assert plain.decide("withdraw_file", 1, number=1).accepted
    assert plain.states()[:6] == ["withdrawn"] * 6
    assert set(plain.table("loads")["feed"]) == {"decisions"}
    assert plain.decide("release_file", 1, number=2).accepted
    assert plain.states()[:6] == ["loaded", "loaded", "loaded", "quarantined", "loaded", "loaded"]
    assert plain.decide("reload_file", 1, number=3).accepted
    assert plain.states()[:6] == ["loaded", "loaded", "loaded", "quarantined", "loaded", "loaded"]
    assert plain.rows().height == 3
    assert plain.discrepancies() == []


def test_a_part_can_be_withdrawn_by_itself(plain: PlainPlatform) -> None:
    plain.drop("x.zip", zipped({"a.csv": FIRST, "b.csv": HEADER + "7,7,7\n"}))
    plain.admit()
    assert plain.decide("withdraw_file", 2).accepted
    assert plain.states()[:3] == ["loaded", "withdrawn", "loaded"]


def test_of_a_withdrawn_archive_what_came_loose_too_counts_instead(plain: PlainPlatform) -> None:
    plain.drop("week.zip", zipped({"a.csv": FIRST, "b.csv": HEADER + "7,7,7\n"}))
    plain.admit()
    plain.drop("a.csv", FIRST)
    plain.admit()
    assert plain.states() == ["loaded", "loaded", "loaded", "duplicate"]
    entry = plain.decide("withdraw_file", 1)
    assert entry.accepted
    assert plain.states()[:4] == ["withdrawn", "withdrawn", "withdrawn", "loaded"]
    assert plain.rows().height == 2
    assert entry.also == ("No longer duplicates, these count now: 4 sales/a.csv (of 2).",)


def test_an_archive_that_came_again_counts_for_a_part_that_was_withdrawn(plain: PlainPlatform) -> None:
    archive = zipped({"x.csv": FIRST, "z.csv": HEADER + "9,9,9\n"})
    for name in ("a.zip", "b.zip"):
        plain.drop(name, archive)
        plain.admit()
    assert plain.states() == ["loaded", "loaded", "loaded", "duplicate"]
    assert plain.decide("withdraw_file", 2).accepted
    again = {name: state for _, name, parent, _, state in _drops(plain) if parent == 4}
    assert again == {"x.csv": "loaded", "z.csv": "duplicate"}, (
        "as if the part had been withdrawn before it came"
    )


def test_an_archive_of_which_a_part_is_released_can_be_withdrawn_again(plain: PlainPlatform) -> None:
    inner = zipped({"deep.csv": SECOND})
    plain.drop("x.zip", zipped({"a.csv": HEADER + "7,7,7\n", "inner.zip": inner}))
    plain.admit()
    assert plain.decide("withdraw_file", 1, number=1).accepted
    assert plain.decide("release_file", 4, number=2).accepted
    assert plain.states()[:4] == ["loaded", "withdrawn", "loaded", "loaded"], "in part"
    assert plain.decide("withdraw_file", 1, number=3).accepted
    assert plain.states()[:4] == ["withdrawn"] * 4


def test_decisions_about_many_archives_are_taken_in_few_queries(plain: PlainPlatform) -> None:
    for number in range(12):
        plain.drop(f"{number}.zip", zipped({"a.csv": HEADER + f"{number},1,1\n"}), modified=1_000 + number)
    plain.admit()
    archives = plain.table("drops").filter(pl.col("parent").is_null())["sequence"].to_list()
    decided = pl.DataFrame(
        {"decision_id": str(n), "kind": "withdraw_file", "subject": str(n)} for n in archives
    )
    with platform_engine(plain.settings) as engine, engine.begin() as connection:
        asked: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2]))
        assert FILE.apply is not None and FILE.apply(connection, decided) == {}
    assert len([query for query in asked if query.startswith("SELECT")]) == 6
    export_ledger(plain.settings)
    assert plain.states() == ["withdrawn"] * 24


def test_a_decision_about_a_part_that_its_archive_overtook_is_refused(plain: PlainPlatform) -> None:
    plain.drop("x.zip", zipped({"a.csv": FIRST}))
    plain.admit()
    rows = [f"x{n},2026-11-20T10:00:0{n},admin,withdraw_file,{n},,," for n in (1, 2)]
    plain.drop("d.csv", DECISIONS + "\n".join(rows) + "\n", folder="decisions")
    plain.admit()
    assert plain.table("decisions")["accepted"].to_list() == [True, False]
    assert "file 2 is withdrawn" in plain.table("decisions")["message"][1]
    assert plain.states() == ["withdrawn", "withdrawn", "loaded"]


# Crashes, and the other database


def test_a_crash_between_unpacking_and_the_ledger_makes_no_second_copy(
    plain: PlainPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.drop("x.zip", zipped({"a.csv": FIRST, "b.csv": SECOND}))
    with monkeypatch.context() as broken:
        broken.setattr(judging, "record_loaded", _crash)
        with pytest.raises(KeyboardInterrupt):
            plain.admit()
    assert len(list(plain.lake.claims.glob("parts-*/[0-9]"))) == 2, "the parts lie among the claims"
    plain.admit()
    assert [(name, parent, state) for _, name, parent, _, state in _drops(plain)] == [
        ("x.zip", None, "loaded"),
        ("a.csv", 1, "loaded"),
        ("b.csv", 1, "loaded"),
    ]
    assert plain.rows().height == 3
    assert not list(plain.lake.claims.iterdir())
    assert plain.discrepancies() == accounting(plain.settings) == []


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_on_postgres_everything_is_the_same(settings: Settings, postgres_url: str) -> None:
    plain = PlainPlatform(settings.model_copy(update={"platform_url": postgres_url}))
    archive = zipped({"a.csv": FIRST, "inner.zip": zipped({"b.csv": SECOND})})
    plain.drop("x.zip", archive)
    plain.admit()
    plain.drop("again.zip", archive)
    plain.admit()
    assert [row[2:] for row in _drops(plain)] == [
        (None, 1, "loaded"),
        (1, 1, "loaded"),
        (1, 1, "loaded"),
        (3, 1, "loaded"),
        (None, 5, "duplicate"),
    ]
    assert plain.decide("withdraw_file", 1).accepted
    assert plain.states()[:4] == ["withdrawn"] * 4
    assert plain.discrepancies() == accounting(plain.settings) == []
