"""The sample through the real handlers: every file's row counts, what goes wrong on purpose, and coherent stock.

The row counts of all files are golden; when a change is meant, write them again with
`RETAIL_UPDATE_GOLDEN=1 python -m pytest tests/flow/test_sample_admission.py` and review the difference.
"""

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest

from retail_assets.flows import platform_of
from retail_assets.intake.admission import admit
from retail_assets.intake.report import AdmissionReport, DropReport
from retail_assets.refunds.photos import admitted_photos
from retail_assets.samples.generator import write_day, write_sample
from tests.conftest import settings_of

GOLDEN = Path(__file__).parent / "sample_row_counts.txt"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The night that finds the sample; the module shares it, because it reads all files."""
    platform = platform_of(settings_of(tmp_path_factory.mktemp("night")))
    sample = write_sample(platform)
    report = admit(settings=platform.settings, handlers=platform.handlers(), as_of=date(2026, 11, 20))
    return SimpleNamespace(
        platform=platform,
        report=report,
        stories={story["name"]: story for story in sample.stories},
        drops={found.drop.name: found for found in report.drops},
    )


def row_count_lines(report: AdmissionReport) -> list[str]:
    """By name, so that files of a new feed are lines between the others."""
    lines = []
    for found in sorted(report.drops, key=lambda found: (found.drop.folder, found.drop.name)):
        drop = found.drop
        ending = f" ({drop.reason})" if drop.reason else ""
        lines.append(f"{drop.folder}/{drop.name} [{drop.source}]: {drop.state}{ending}")
        for counts in found.outcome.counts:
            assert counts.adds_up
            rules = ", ".join(f"{rule} {count}" for rule, count in sorted(counts.by_rule.items()))
            lines.append(
                f"    {counts.target}: {counts.records} records = {counts.admitted} admitted + {counts.routed} routed "
                f"+ {counts.filtered} left out + {counts.duplicate} duplicate + {counts.rejected} rejected"
                + (f" ({rules})" if rules else "")
            )
    return lines


def test_every_file_ends_as_reviewed(night: SimpleNamespace) -> None:
    lines = row_count_lines(night.report)
    if os.environ.get("RETAIL_UPDATE_GOLDEN"):
        GOLDEN.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()


def ended(night: SimpleNamespace, story: str) -> DropReport:
    return night.drops[night.stories[story]["file"]]


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ("column missing", "missing_columns"),
        ("cut off", "damaged_parquet"),
        ("half a document", "broken_json"),
        ("not a workbook", "not_a_table"),
    ],
)
def test_broken_files_are_quarantined(night: SimpleNamespace, story: str, reason: str) -> None:
    assert (ended(night, story).drop.state, ended(night, story).drop.reason) == ("quarantined", reason)


@pytest.mark.parametrize(
    ("story", "rules"),
    [
        (
            "dirty rows",
            {"duplicate/repeat": 2, "left_out/repeated_header": 1, "left_out/total": 1, "left_out/blank": 1}
            | {f"rejected/{r}": 1 for r in ("malformed_record", "not_a_number", "not_a_time", "required")},
        ),
        ("impossible counts", {"left_out/total": 3, "rejected/minimum": 1, "rejected/not_a_number": 1}),
        ("dirty movements", {"rejected/allowed_values": 1, "rejected/transfer_has_id": 1}),
        ("dirty customers", {"duplicate/superseded": 1, "rejected/required": 1}),
        ("wrong barcode", {"flagged/barcode_check_digit": 1}),
    ],
)
def test_dirty_rows_have_a_named_end(night: SimpleNamespace, story: str, rules: dict[str, int]) -> None:
    assert ended(night, story).outcome.counts[0].by_rule == rules


def test_the_same_bytes_under_another_name_are_a_duplicate(night: SimpleNamespace) -> None:
    assert ended(night, "dropped twice").drop.state == "duplicate"
    assert night.drops["stores (1).csv"].drop.state == "duplicate"


def test_one_decision_holds_and_one_is_refused(night: SimpleNamespace) -> None:
    ledger = night.platform.lake.ledger
    taken = {row["kind"]: row for row in pl.read_parquet(ledger / "decisions.parquet").to_dicts()}
    assert taken.keys() == {"withdraw_file", "release_file"}
    withdrawn, refused = taken["withdraw_file"], taken["release_file"]
    assert withdrawn["accepted"]
    assert withdrawn["subject"] == str(ended(night, "withdrawn file").drop.sequence)
    drops = pl.read_parquet(ledger / "drops.parquet")
    assert drops.filter(state="withdrawn")["name"].to_list() == [night.stories["withdrawn file"]["file"]]
    assert not refused["accepted"]
    assert refused["subject"] == str(ended(night, "cut off").drop.sequence)
    assert [note.partition("): ")[2].partition(".")[0] for note in night.report.notes] == [
        "accepted",
        "refused",
    ]


def test_books_go_below_zero_only_where_a_story_says_so(night: SimpleNamespace) -> None:
    with duckdb.connect() as con:
        for feed in ("sales", "stock_counts", "stock_movements", "order_events"):
            rows = night.platform.lake.rows_folder(feed)
            con.execute(f"create view {feed} as from read_parquet('{rows}/*.parquet', union_by_name = true)")
        stories = night.stories
        con.execute(
            """
            create table stock as
            with counted as (
                from stock_counts
                qualify row_number() over (partition by store_id, product_id order by counted_at desc) = 1),
            moved as (
                select store_id, product_id, moved_at as moment, quantity from stock_movements
                where kind <> 'customer_return' or order_id is null
                union all
                select store_id, product_id, sold_at, -quantity
                from (select distinct on (order_id, line_number, _version) * from sales)
                where order_id not in (select order_id from order_events where status = 'cancelled')
                  and order_id <> $1
                qualify _version is not distinct from max(_version) over (partition by order_id))
            select store_id, product_id, coalesce(any_value(counted.quantity), 0)
                + coalesce(sum(moved.quantity) filter (counted_at is null or moment > counted_at), 0) as quantity
            from moved left join counted using (store_id, product_id)
            where product_id not in ('P9999', 'TEST')
            group by all
            """,
            [stories["store-day exported again"]["document"]],
        )
        below = con.execute("select store_id, product_id, quantity from stock where quantity < 0").fetchall()
        assert below == [("S01", stories["unbooked delivery"]["product_id"], -12)]

        def stock(store: str, product: str) -> int:
            row = con.execute(
                "from stock where (store_id, product_id) = ($1, $2)", [store, product]
            ).fetchone()
            assert row is not None
            return row[-1]

        plenty, gap = stories["overstock"]["product_id"], stories["stock-out with overdue order"]
        assert stock("S01", plenty) > 200
        assert (gap["product_id"], stock(gap["store_id"], gap["product_id"])) == (plenty, 0)
        assert stock("S02", stories["dead stock"]["product_id"]) > 20


def test_photos_end_as_told(night: SimpleNamespace) -> None:
    tallies = {(tally.state, tally.reason): tally for tally in night.report.tallies}
    assert tallies.keys() == {
        ("loaded", None),
        ("duplicate", "same_content"),
        ("quarantined", "truncated"),
        ("quarantined", "not_an_image"),
    }
    assert [drop.name for drop in tallies["quarantined", "not_an_image"].examples] == ["upload.jpg"]
    torn = night.stories["torn photo"]
    assert [drop.name for drop in tallies["quarantined", "truncated"].examples] == [
        f"{torn['document']}/{torn['file']}"
    ]


def test_every_photo_but_one_leads_to_a_case(night: SimpleNamespace) -> None:
    """By its folder, or by the list that merchants send."""
    lake = night.platform.lake
    photos = admitted_photos(night.platform.settings, date(2026, 11, 20))
    listed = pl.read_parquet(lake.rows_folder("refund_manifests") / "*.parquet")
    cases = pl.read_parquet(lake.rows_folder("return_cases") / "*.parquet")
    linked = photos.join(listed, left_on="name", right_on="file_name", how="left").select(
        "name", case=pl.coalesce("folder_case_id", "case_id")
    )
    assert linked.filter(pl.col("case").is_null())["name"].to_list() == ["IMG_0001.jpg"]
    assert linked.drop_nulls("case").join(cases, left_on="case", right_on="case_id", how="anti").is_empty()


def test_added_days_come_clean(night: SimpleNamespace) -> None:
    write_day(night.platform, day=date(2026, 11, 21))
    report = admit(
        settings=night.platform.settings, handlers=night.platform.handlers(), as_of=date(2026, 11, 21)
    )
    assert len(report.drops) == 14
    assert {(tally.folder, tally.state) for tally in report.tallies} == {
        ("invoices", "loaded"),
        ("refunds", "loaded"),
    }
    for found in report.drops:
        assert found.drop.state == "loaded"
        assert found.rejected == 0
        plain = ("purchase_events", "marketplace", "manifest", "return_", "decisions")
        assert found.drop.source != "contract" or found.drop.name.startswith(plain)
