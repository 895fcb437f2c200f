"""`try`: the numbers add up, nothing is changed, and whatever is wrong is said in a sentence."""

import gzip
import os
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_assets.config import REPOSITORY, Settings
from retail_assets.feeds.loading import load_content
from retail_assets.feeds.mapping.load import load_sources
from retail_assets.feeds.onboarding.trying import try_file
from retail_assets.feeds.onboarding.unpacking import Found
from retail_assets.lake import Lake
from tests.archives import zipped
from tests.unit.onboarding.conftest import FEEDS, Run

SALES = "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency,till\n"
LINE = "A,{},S1,P1,2026-11-01 10:00:00,{},{},EUR,7\n"

TILL = """
source: till
match: {folder: sales, files: "till_*"}
file: {delimiter: ";"}
values: {decimal: ",", dates: "%d.%m.%Y", time_zone: Europe/Berlin}
leave_out:
  - {name: total, when: Bon = 'Summe'}
targets:
  - feed: sales
    rules:
      - {name: voucher, when: Artikel = 'GUTSCHEIN', reject: true}
      - {name: broken, when: Menge < 0, send_to: stock_movements}
    columns:
      order_id: Bon
      line_number: Pos
      store_id: {constant: S1}
      product_id: Artikel
      sold_at: Datum
      quantity: Menge
      unit_price: Preis
      currency: {constant: EUR}
    sent:
      stock_movements:
        columns:
          movement_id: {sql: Bon || '-' || Pos}
          store_id: {constant: S1}
          product_id: Artikel
          moved_at: Datum
          quantity: Menge
          kind: {constant: damage}
"""
TILL_FILE = """Bon;Pos;Artikel;Menge;Preis;Datum
1;1;P1;2;10,50;01.11.2026
1;2;P2;1;0,10;01.11.2026
1;2;P2;1;0,10;01.11.2026
2;1;GUTSCHEIN;1;50,00;01.11.2026
3;1;P3;-4;0,00;02.11.2026
;;;;;
4;1;P4;viele;1,00;02.11.2026
Summe;;;4;60,70;
"""


@pytest.fixture
def till(tmp_path: Path) -> tuple[Path, Path]:
    """A till's file, and its mapping."""
    file, mapping = tmp_path / "till_1.csv", tmp_path / "till.yaml"
    file.write_text(TILL_FILE)
    mapping.write_text(TILL)
    return file, mapping


def test_every_record_has_one_end(run: Run, till: tuple[Path, Path]) -> None:
    said = run("try", till[0], "--feed", "sales", "--source", till[1], "--json")
    assert said.code == 0
    [file] = said.document["files"]
    [target] = file["targets"]
    assert target["identity"] == ("8 records = 2 admitted + 1 routed + 2 left out + 1 duplicate + 2 rejected")
    assert target["sent_to"] == {"stock_movements": 1}
    assert target["by_rule"] == {
        "duplicate/repeat": 1,
        "left_out/blank": 1,
        "left_out/total": 1,
        "rejected/not_a_number": 1,
        "rejected/voucher": 1,
        "routed/broken": 1,
    }
    assert (file["source"], file["encoding"], file["delimiter"]) == ("till", "utf-8", ";")
    rows = {admitted["feed"]: admitted for admitted in file["admitted"]}
    assert rows["sales"]["sums"] == {"quantity": "3", "unit_price": "10.6"}
    assert rows["stock_movements"]["sums"] == {"quantity": "-4"}
    assert rows["sales"]["first"][0]["sold_at"] == "2026-10-31T23:00:00Z"


def test_samples_name_record_column_and_value(run: Run, till: tuple[Path, Path]) -> None:
    said = run("try", till[0], "--feed", "sales", "--source", till[1], "--json")
    samples = {sample["rule"]: sample for sample in said.document["files"][0]["samples"]}
    wrong = samples["not_a_number"]
    assert (wrong["record"], wrong["column"], wrong["value"]) == (7, "quantity", "viele")
    assert '"Menge":"viele"' in wrong["raw"]
    assert samples["voucher"]["record"] == 4
    assert (samples["broken"]["feed"], samples["broken"]["end"]) == ("stock_movements", "routed")
    assert samples["total"]["record"] == 8


def test_people_read_it_in_a_hundred_columns(run: Run, till: tuple[Path, Path]) -> None:
    said = run("try", till[0], "--feed", "sales", "--source", till[1])
    assert max(map(len, said.out.splitlines())) <= 100
    assert "8 records = 2 admitted + 1 routed + 2 left out + 1 duplicate + 2 rejected" in said.out
    assert "quantity = 'viele'" in said.out
    assert "quantity 3; unit_price 10.6" in said.out


def test_rows_is_how_many_rows_are_shown(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES + "".join(LINE.format(n, 1, 2) for n in range(9)))
    assert (
        len(
            run("try", path, "--feed", "sales", "--rows", 5, "--json").document["files"][0]["admitted"][0][
                "first"
            ]
        )
        == 5
    )
    assert "row 5" in run("try", path, "--feed", "sales", "--rows", 5).out
    assert run("try", path, "--feed", "sales", "--rows", "many").code == 2


def test_sums_are_exact(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES + "".join(LINE.format(n, "0.001", "0.1") for n in range(1000)))
    [admitted] = run("try", path, "--feed", "sales", "--json").document["files"][0]["admitted"]
    assert {name: Decimal(total) for name, total in admitted["sums"].items()} == {
        "quantity": Decimal(1),
        "unit_price": Decimal(100),
    }


def test_unknown_columns_are_reported(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES + LINE.format(1, 1, 1))
    assert run("try", path, "--feed", "sales", "--json").document["files"][0]["unknown_columns"] == ["till"]
    assert "till (no contract column" in " ".join(run("try", path, "--feed", "sales").out.split())


def test_columns_that_a_reshape_drops_are_not_said_to_be_kept(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES + LINE.format(1, 1, 1))
    header = SALES.strip().split(",")
    for step, dropped in (
        ("fill_down: store_id", []),
        ("sum: {per: [order_id, line_number], columns: quantity}", ["till"]),
        ('sql: "select record, ' + ", ".join(n for n in header if n != "till") + ' from records"', ["till"]),
    ):
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text(
            "source: till\nmatch: {folder: sales, files: '*.csv'}\n"
            f"reshape: {{{step}}}\ntargets: [{{feed: sales, same_names: true}}]\n"
        )
        [file] = run("try", path, "--feed", "sales", "--source", mapping, "--json").document["files"]
        assert (file["unknown_columns"], file["dropped_columns"]) == (["till"], dropped)
        said = " ".join(run("try", path, "--feed", "sales", "--source", mapping).out.split())
        assert ("till (no contract column takes them; kept in the lake" in said) == (not dropped)
        assert ("till (no contract column takes them, and no row has them" in said) == bool(dropped)


def test_folders_and_several_paths_come_to_a_total(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "drops"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"{number}.csv").write_text(SALES + LINE.format(number, 1, "2.50") + LINE.format(9, "x", 1))
    (folder / "1.csv.done").touch()
    (folder / ".hidden.csv").write_text("no table")
    (folder / "3.csv.part").write_text("half a ta")
    other = tmp_path / "other.csv"
    other.write_bytes(b"")
    said = run("try", folder, other, "--feed", "sales", "--json")
    assert said.code == 1
    assert [Path(file["path"]).name for file in said.document["files"]] == ["1.csv", "2.csv", "other.csv"]
    total = said.document["total"]
    assert (total["files"], total["quarantined"], total["records"]) == (3, 1, 4)
    [target] = total["targets"]
    assert target["identity"].startswith(
        "4 records = 2 admitted + 0 routed + 0 left out + 0 duplicate + 2 rejected"
    )
    assert total["admitted"] == [
        {
            "feed": "sales",
            "rows": 2,
            "sums": {"quantity": "2", "unit_price": "5"},
            "amounts": {"EUR": "5"},
            "business_dates": ["2026-11-01", "2026-11-01"],
        }
    ]
    assert "Total of 3 files" in run("try", folder, other, "--feed", "sales").out


def test_without_source_the_mapping_is_found_as_in_the_inbox(
    run: Run, till: tuple[Path, Path], tmp_path: Path
) -> None:
    sources = tmp_path / "platform" / "sources"
    sources.mkdir(parents=True)
    till[1].rename(sources / "till.yaml")
    assert run("try", till[0], "--feed", "sales", "--json").document["files"][0]["source"] == "till"
    stranger = till[0].rename(tmp_path / "journal.csv")
    said = run("try", stranger, "--feed", "sales", "--json")
    assert said.code == 1
    assert said.document["files"][0]["source"] == "contract"
    assert said.document["files"][0]["quarantined"]["reason"] == "missing_columns"


def test_a_chosen_source_reads_any_name_but_needs_its_parts(
    run: Run, till: tuple[Path, Path], tmp_path: Path
) -> None:
    stranger = till[0].rename(tmp_path / "journal.csv")
    assert run("try", stranger, "--feed", "sales", "--source", till[1]).code == 0
    till[1].write_text(TILL.replace('"till_*"', '"till_*", name_values: "till_(?P<day>[0-9]+)"'))
    said = run("try", stranger, "--feed", "sales", "--source", till[1])
    assert said.code == 2
    assert "journal.csv" in said.err and "name_values" in said.err


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Bon = 'Summe'", "Bno = = 'Summe'", "till.yaml:7"),
        ("order_id: Bon", "order: Bon", "till.yaml:14"),
        ("%d.%m.%Y", "dd.mm.yyyy", "till.yaml:5"),
        ("source: till", "source: [", "till.yaml:"),
        ("constant: EUR", r'constant: "\ud83d"', "till.yaml:21"),
    ],
)
def test_a_wrong_mapping_is_a_sentence(
    run: Run, till: tuple[Path, Path], old: str, new: str, line: str
) -> None:
    till[1].write_text(TILL.replace(old, new))
    said = run("try", till[0], "--feed", "sales", "--source", till[1])
    assert said.code == 2
    assert line in said.err and "Traceback" not in said.err
    assert not said.out


def test_usage(run: Run, tmp_path: Path) -> None:
    assert run("try", tmp_path / "nothing.csv", "--feed", "sales").code == 2
    assert run("try", tmp_path, "--feed", "sails").code == 2
    assert run("try", tmp_path).code == 2
    assert run("try", "--help").code == 0


def _zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(bytes(2**20))


HOSTILE = {
    "empty.csv": b"",
    "nuls.csv": bytes(10_000),
    "deep.json": b'{"a":' * 100_000,
    "cut.parquet": b"PAR1" + os.urandom(500),
    "page.csv": b"<!doctype html><html>",
    "not.xlsx": b"PK\x03\x04" + os.urandom(500),
    "wide.csv": b",".join(b"c%d" % n for n in range(1_000_000)),
}


@pytest.mark.parametrize("command", ["try", "propose"])
@pytest.mark.parametrize("name", [*HOSTILE, "bomb.xlsx", "a_pipe.csv"])
def test_a_hostile_file_is_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, command: str
) -> None:
    monkeypatch.setenv("RETAIL_MAX_UNPACKED_BYTES", "1000000")
    path = tmp_path / name
    if name == "bomb.xlsx":
        _zip_bomb(path)
    elif name == "a_pipe.csv":
        os.mkfifo(path)
    else:
        path.write_bytes(HOSTILE[name])
    said = run(command, path, "--feed", "sales")
    assert said.code == 1
    assert "Traceback" not in said.err + said.out
    assert "expected" in said.out + said.err
    if command == "try":
        refused = run("try", path, "--feed", "sales", "--json").document["files"][0]
        assert refused["quarantined"]["reason"] and refused["targets"] == []


@pytest.mark.parametrize("command", ["try", "propose"])
def test_a_link_that_leads_nowhere_is_a_sentence(run: Run, tmp_path: Path, command: str) -> None:
    path = tmp_path / "link.csv"
    path.symlink_to("nowhere")
    said = run(command, path, "--feed", "sales")
    assert said.code == 2
    assert said.err.startswith("It cannot be read here (FileNotFoundError")


def test_a_record_of_any_depth_is_shown(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stores.ndjson"
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    path.write_text(f'{{"store_id": "S1", "name": {deep}, "opened_on": "soon"}}\n')
    said = run("try", path, "--feed", "stores")
    assert said.code == 1
    assert "mostly_rejected" in said.out and "1 rejected" in said.out


def test_nothing_of_a_file_plays_tricks_on_the_screen(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    hostile = "\x1b[2J\x07[red]P\u202e1[/red]"
    path.write_text(
        SALES.replace("till", hostile)
        + LINE.format(1, hostile, 1)
        + LINE.format(2, 1, 1).replace("P1", hostile)
        + LINE.format(3, 1, 1)
        + LINE.format(4, 1, 1)
    )
    said = run("try", path, "--feed", "sales")
    assert said.code == 0, "half of the lines are sound"
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out)
    assert "[red]" in said.out


def test_a_file_that_may_be_cut_off_is_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text((SALES + "".join(LINE.format(n, n, n) for n in range(1, 6))).rstrip()[:-1])
    said = run("try", path, "--feed", "sales", "--json").document
    assert any("no line end" in note for note in said["files"][0]["notes"]), said["files"][0]["notes"]


def test_links_and_unsafe_names_are_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES + LINE.format(1, 1, 1))
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    assert "symbolic link" in run("try", link, "--feed", "sales").out
    strange = tmp_path / "sales\n.csv"
    strange.write_text(SALES)
    said = run("try", strange, "--feed", "sales", "--json")
    assert said.code == 1
    assert said.document["files"][0]["quarantined"]["reason"] == "unsafe_name"


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["report", "json"])
@pytest.mark.parametrize("mostly", ["admitted", "rejected"])
def test_a_persons_own_file_is_masked_on_demand(
    run: Run, tmp_path: Path, form: list[str], mostly: str
) -> None:
    path = tmp_path / "customers.csv"
    key = "C1" if mostly == "admitted" else "k" * 201
    path.write_text(
        f"customer_id,name,email\n{key},Erika Muster,erika@example.com\nC2,Max,{'x' * 400}\n{key},,\n"
    )
    secrets = ("Erika", "Max", "xxx") if mostly == "admitted" else ("Erika", "kkk")
    said = run("try", path, "--feed", "customers", *form)
    assert said.code == int(mostly == "rejected")
    assert all(secret in said.out for secret in secrets) and "***" not in said.out
    said = run("try", path, "--feed", "customers", *form, "--mask")
    assert "***" in said.out and not any(secret in said.out for secret in secrets)


def test_amounts_and_business_dates_are_those_of_the_warehouse(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(
        "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency,discount\n"
        "A,1,S1,P1,2026-11-01T22:59:59Z,3,0.333333,EUR,0.5\n"
        "A,2,S1,P1,2026-11-01T23:00:00Z,-1,2.50,EUR,\n"
        "A,3,S1,P1,2026-11-05T12:00:00+01:00,2,9.99,CHF,\n"
    )
    [admitted] = run("try", path, "--feed", "sales", "--json").document["files"][0]["admitted"]
    assert admitted["amounts"] == {"CHF": "19.98", "EUR": "-2.000001"}
    assert admitted["business_dates"] == ["2026-11-01", "2026-11-05"]
    assert [(row["line amount"], row["business date"]) for row in admitted["first"]] == [
        ("0.499999", "2026-11-01"),
        ("-2.5", "2026-11-02"),
        ("19.98", "2026-11-05"),
    ]
    said = run("try", path, "--feed", "sales").out
    assert "19.98 CHF; -2.000001 EUR" in said and "from 2026-11-01 to 2026-11-05" in said
    monkeypatch.setenv("RETAIL_TIME_ZONE", "Australia/Sydney")
    [admitted] = run("try", path, "--feed", "sales", "--json").document["files"][0]["admitted"]
    assert admitted["business_dates"] == ["2026-11-02", "2026-11-05"]


def test_a_stated_line_total_is_the_line_amount(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(
        "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency,net_amount\n"
        "A,1,S1,P1,2026-11-01,3,3.333333,EUR,10.00\n"
        "A,2,S1,P1,2026-11-01,3,3.333333,EUR,\n"
    )
    [admitted] = run("try", path, "--feed", "sales", "--json").document["files"][0]["admitted"]
    assert [row["line amount"] for row in admitted["first"]] == ["10", "9.999999"]
    assert admitted["amounts"] == {"EUR": "19.999999"}


def test_feeds_without_amounts_or_days_say_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stores.csv"
    path.write_text("store_id,name\nS1,One\n")
    [admitted] = run("try", path, "--feed", "stores", "--json").document["files"][0]["admitted"]
    assert (admitted["amounts"], admitted["business_dates"]) == ({}, None)
    assert list(admitted["first"][0])[-1] == "opened_on"
    path.write_text("po_id,line_number,product_id,quantity,unit_cost\n1,1,P,99999999,99999999\n")
    [admitted] = run("try", path, "--feed", "purchase_order_lines", "--json").document["files"][0]["admitted"]
    assert admitted["amounts"] == {"": "9999999800000001"}


def test_flags_are_counted_and_shown(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("product_id,name,category,barcode\nA,a,c,036000291452\nB,b,c,36000291452\nC,c,c,X00-1\n")
    said = run("try", path, "--feed", "products", "--json")
    [target] = said.document["files"][0]["targets"]
    assert said.code == 0
    assert (target["admitted"], target["rejected"], target["flagged"]) == (3, 0, 2)
    assert target["by_rule"] == {"flagged/pattern": 2}
    first, _ = said.document["files"][0]["samples"]
    assert (first["end"], first["record"], first["column"], first["value"]) == (
        "flagged", 2, "barcode", "36000291452",
    )  # fmt: skip
    out = run("try", path, "--feed", "products").out
    assert "2 flagged: pattern" in out and "barcode = 'X00-1'" in out


WOULD_WAIT = {
    "mostly_rejected": "order_id,line_number\n1,1\n",
    "nothing right": SALES + LINE.format(1, "viele", 1),
    "not_a_table": "<!doctype html><html>",
    "empty": "",
    "header only of another": "a;b\n",
}


@pytest.mark.parametrize("text", WOULD_WAIT.values(), ids=WOULD_WAIT)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "in an archive"])
def test_whatever_would_be_quarantined_ends_otherwise(
    run: Run, tmp_path: Path, text: str, packed: bool
) -> None:
    path = tmp_path / ("week.zip" if packed else "sales.csv")
    good = SALES + LINE.format(1, 1, 1)
    path.write_bytes(zipped({"a.csv": good, "sales.csv": text, "z.csv": good}) if packed else text.encode())
    said = run("try", path, "--feed", "sales", "--json")
    assert said.code == 1
    refused = [file for file in said.document["files"] if file["quarantined"]]
    assert [Path(file["path"]).name for file in refused] == ["sales.csv"]
    assert run("try", path, "--feed", "sales").code == 1


def test_a_file_above_the_limit_would_wait_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES + LINE.format(1, 1, 1) * 1_000)
    monkeypatch.setenv("RETAIL_MAX_FILE_BYTES", "10000")
    said = run("try", path, "--feed", "sales", "--json")
    assert (said.code, said.document["files"][0]["quarantined"]["reason"]) == (1, "too_large")


def test_a_mapping_that_does_not_fit_one_file_stops_no_other(run: Run, tmp_path: Path) -> None:
    mapping, good, odd = tmp_path / "m.yaml", tmp_path / "good.csv", tmp_path / "odd.parquet"
    mapping.write_text(
        "source: shop\nmatch: {folder: stock_counts, files: '*'}\n"
        "targets:\n  - feed: stock_counts\n    leave_out: [{name: none, when: kind = 'none'}]\n"
        "    columns: {store_id: s, product_id: p, counted_at: {constant: 2026-11-20}, quantity: q}\n"
    )
    good.write_text("s,p,q,kind\nS,P,1,x\n")
    pl.DataFrame({"s": ["S"], "p": ["P"], "q": [1], "kind": [7]}).write_parquet(odd)
    said = run("try", odd, good, "--feed", "stock_counts", "--source", mapping, "--json")
    assert said.code == 1
    first, second = said.document["files"]
    assert first["quarantined"]["reason"] == "mapping_does_not_fit"
    assert "m.yaml:5" in first["quarantined"]["message"] and "`kind`" in first["quarantined"]["message"]
    assert second["targets"][0]["admitted"] == 1


def test_nothing_is_written(
    run: Run, till: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def tree() -> dict[str, tuple[int, int]]:
        return {
            str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in tmp_path.rglob("*") if p != temporary
        }

    before = tree()
    run("try", till[0], "--feed", "sales", "--source", till[1])
    run("try", till[0], "--feed", "sales", "--json")
    run("propose", till[0], "--feed", "sales")
    assert tree() == before


def test_the_dry_run_says_what_loading_does(till: tuple[Path, Path], tmp_path: Path) -> None:
    platform = Settings(data_dir=tmp_path / "data")
    lake = Lake(platform.data_dir)
    lake.sources.mkdir(parents=True)
    till[1].rename(lake.sources / "till.yaml")
    match = load_sources([lake.sources], tuple(FEEDS.values())).match("sales", "till_1.csv")
    tried = try_file(Found(till[0], till[0]), feed=FEEDS["sales"], match=match, settings=platform, rows=1)
    loaded = load_content(
        stored=till[0],
        name="till_1.csv",
        match=match,
        content_key="k",
        lake=lake,
        settings=platform,
    )
    assert tried.counts == loaded.counts
    assert {a.feed for a in tried.admitted} == {
        f.parent.name for f in lake.root.glob("lake/rows/*/k.parquet")
    }


_CELLS = st.sampled_from(
    ["", "1", "2", "-1", "1.5", "A", "S1", "x", "EUR", "eur", "2026-11-01", "gestern", "*"]
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(_CELLS, min_size=7, max_size=9), max_size=12))
def test_the_numbers_always_add_up(run: Run, tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "any.csv"
    path.write_text(SALES + "".join(",".join(row) + "\n" for row in rows))
    said = run("try", path, "--feed", "sales", "--json")
    [target] = said.document["files"][0]["targets"]
    ends = [target[end] for end in ("admitted", "routed", "left_out", "duplicate", "rejected")]
    assert target["records"] == sum(ends) == len(rows)
    assert sum(target["by_rule"].values()) == sum(ends[1:])
    assert said.code == int(target["rejected"] > 0.5 * (target["records"] - target["left_out"]))


def test_the_module_runs_before_any_set_up(till: tuple[Path, Path], tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "retail_assets.feeds",
        "try",
        till[0],
        "--feed",
        "sales",
        "--source",
        till[1],
    ]
    environment = {
        **os.environ,
        "RETAIL_DATA_DIR": str(tmp_path / "none"),
        "DAGSTER_HOME": str(tmp_path / "none"),
    }
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 admitted" in done.stdout
    assert not (tmp_path / "none").exists()


def test_archives_are_tried_part_by_part(run: Run, till: tuple[Path, Path], tmp_path: Path) -> None:
    packed, single, odd = tmp_path / "export.zip", tmp_path / "till_9.csv.gz", tmp_path / "odd.zip"
    single.write_bytes(gzip.compress(TILL_FILE.encode()))
    inner = zipped({"till_2.csv": TILL_FILE})
    packed.write_bytes(
        zipped({"week/till_1.csv": TILL_FILE, "inner.zip": inner, ".hidden": "x", "../up.csv": "x"})
    )
    odd.write_bytes(packed.read_bytes() * 2)
    said = run("try", packed, single, odd, "--feed", "sales", "--source", till[1], "--json")
    assert said.code == 1
    files = {Path(file["path"]).relative_to(tmp_path).as_posix(): file for file in said.document["files"]}
    read = {name: file["records"] for name, file in files.items() if not file["quarantined"]}
    assert read == {
        "export.zip/week/till_1.csv": 8,
        "export.zip/inner.zip/till_2.csv": 8,
        "till_9.csv.gz/till_9.csv": 8,
    }
    refused = {name: file["quarantined"]["reason"] for name, file in files.items() if file["quarantined"]}
    assert refused == {"export.zip/../up.csv": "unsafe_name", "odd.zip": "unlisted_bytes"}


def test_a_mapping_is_found_by_its_name_in_the_folder_of_mappings(
    run: Run, till: tuple[Path, Path], tmp_path: Path
) -> None:
    sources = tmp_path / "platform" / "sources"
    sources.mkdir(parents=True)
    till[1].rename(sources / "my_till.yaml")
    assert run("try", till[0], "--feed", "sales", "--source", "my_till.yaml").code == 0
    said = run("try", till[0], "--feed", "sales", "--source", "mine.yaml")
    assert said.code == 2
    assert said.err == f"There is no mapping mine.yaml, neither here nor in {sources}.\n"


def test_ids_that_were_mended_are_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "till.csv"
    orders = ("17850.0", '"=""00123"""', "x")
    path.write_text(SALES + "".join(LINE.format(1, 1, 1).replace("A", order, 1) for order in orders))
    [file] = run("try", path, "--feed", "sales", "--json").document["files"]
    assert file["notes"] == [
        "1 ids in order_id (order_id) written as numbers with a point (17850.0) were read without it.",
        '1 ids in order_id (order_id) written as formulas (="00123") were read as the texts in them.',
    ]
    assert [row["order_id"] for row in file["admitted"][0]["first"]] == ["17850", "00123", "x"]


ORDERS = """
source: orders
match: {folder: purchase_orders, files: "*"}
targets:
  - feed: purchase_orders
    columns: {po_id: no, supplier_id: s, store_id: w, ordered_at: day, currency: cur}
  - feed: purchase_order_lines
    columns: {po_id: no, line_number: pos, product_id: sku, quantity: qty, unit_cost: price}
"""


def test_lines_are_added_up_by_the_currency_of_their_orders(run: Run, tmp_path: Path) -> None:
    path, mapping = tmp_path / "orders.csv", tmp_path / "orders.yaml"
    path.write_text(
        "no,pos,s,w,day,cur,sku,qty,price\nA,1,V,W,2026-11-01,EUR,P,2,1.50\nA,2,V,W,2026-11-01,EUR,Q,1,4\n"
        "B,1,V,W,2026-11-01,USD,P,3,2\n"
    )
    mapping.write_text(ORDERS)
    said = run("try", path, "--feed", "purchase_orders", "--source", mapping, "--json")
    [file] = said.document["files"]
    amounts = {rows["feed"]: rows["amounts"] for rows in file["admitted"]}
    assert amounts == {"purchase_orders": {}, "purchase_order_lines": {"EUR": "7", "USD": "6"}}

    lines, heads = ORDERS.split("  - feed: purchase_orders\n")[0], ORDERS.split("  - feed: ")[2]
    mapping.write_text(f"{lines}  - feed: {heads}")
    alone = run("try", path, "--feed", "purchase_orders", "--source", mapping)
    assert "13 in whatever currencies, which the file does not state" in alone.out


def test_a_column_that_is_only_filled_down_is_unknown(run: Run, tmp_path: Path) -> None:
    path, mapping = tmp_path / "counts.csv", tmp_path / "counts.yaml"
    path.write_text("shop,zone,until,sku,qty\nS,Z,1,P,1\n,,,Q,2\n")
    mapping.write_text(
        'source: c\nmatch: {folder: stock_counts, files: "*"}\n'
        "reshape: {fill_down: {columns: [shop, until], per: zone}}\n"
        "targets:\n  - feed: stock_counts\n    columns: {store_id: shop, product_id: sku, quantity: qty, "
        "counted_at: {constant: 2026-11-01T20:00:00Z}}\n"
    )
    [file] = run("try", path, "--feed", "stock_counts", "--source", mapping, "--json").document["files"]
    assert file["unknown_columns"] == ["until"]
