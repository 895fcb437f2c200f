"""Nothing that a file says of a person reaches readers who may not see persons, whatever is wrong with the file."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest

from retail_assets.intake.admission import admit
from retail_assets.platform import Platform
from retail_assets.source_health.profiles import profile_new_files
from retail_assets.warehouse.publication import publish
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Builds

NAME, EMAIL, PHONE = "Erika Mustermann", "erika@mustermann.example", "+49 151 5550123"
ROW = f"C1,{NAME},{EMAIL},{PHONE}\n"
PLANTED = ("erika", "mustermann", "5550123")


def archive(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def workbook(sheet: str) -> bytes:
    """Two sheets with a table each, so that nobody knows which is meant."""
    book, written = openpyxl.Workbook(), io.BytesIO()
    for title in (sheet, f"{sheet} 2"):
        book.create_sheet(title).append(ROW.strip().split(","))
    book.save(written)
    return written.getvalue()


HEADER = "customer_id,name,email,region\n"
FILES: dict[str, bytes] = {
    "without_header.csv": (ROW + ROW.replace("C1", "C2")).encode(),
    "one_line.csv": ROW.encode(),
    "shifted.csv": (HEADER + f"{NAME},{EMAIL},{PHONE},C1\n").encode(),
    "too_many_fields.csv": (HEADER + f"C1,{NAME},{EMAIL},North,{PHONE}\n").encode(),
    "too_long.csv": (HEADER + f"C1,{NAME},{EMAIL * 20},{PHONE}\n,{NAME},{EMAIL},\n").encode(),
    "unknown_columns.csv": f"customer_id,name,{NAME},{EMAIL}\nC1,a,b,{PHONE}\n".encode(),
    f"{NAME} {EMAIL} {PHONE}.csv": (HEADER + ROW).encode(),
    f"{NAME}\\{PHONE}.csv": (HEADER + ROW).encode(),
    f"repeats {NAME}.csv": (HEADER + ROW).encode(),
    "keys.json": f'{{"{NAME}": {{"{EMAIL}": "{PHONE}"}}}}'.encode(),
    "lists.json": f'{{"{NAME}": [{{"a": 1}}], "{EMAIL}": [{{"a": 1}}], "{PHONE}": [{{"a": 1}}]}}'.encode(),
    "records.json": f'[{{"{NAME}": "{EMAIL}", "customer_id": "C1"}}]'.encode(),
    "cut_off.json": f'[{{"customer_id": "{NAME}", {EMAIL}'.encode(),
    "lines.ndjson": f'{{"{NAME}": "{EMAIL}"}}\n{{"customer_id": {PHONE}\n'.encode(),
    "sheets.xlsx": workbook(NAME),
    "cut_off.xlsx": workbook(NAME)[:-200],
    "no_workbook.xlsx": archive({f"{NAME}.xml": ROW.encode(), f"{EMAIL}.txt": b""}),
    f"{NAME}.xlsx": ROW.encode(),
    "members.zip": archive({f"{NAME} {PHONE}.csv": (HEADER + ROW).encode(), f"../{EMAIL}.csv": ROW.encode()}),
    f"{NAME}.zip": archive({f"{EMAIL}.csv": b"\0"}),
    f"{NAME}.csv.gz": ROW.encode(),
    f"{NAME}.pdf": b"%PDF-1.4 " + ROW.encode(),
}

SALES = "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency,customer_id"
LINE = "O1,{},S1,P1,2026-11-19T10:00:00Z,{},2,EUR,{}"
SALES_FILES = {
    "addresses.csv": [
        SALES + f",{EMAIL}",
        LINE.format(1, 1, EMAIL) + ",",
        LINE.format(2, 1, NAME) + ",",
        LINE.format(3, 1, PHONE) + ",",
        LINE.format(4, EMAIL, "C1") + ",",
    ],
    f"{EMAIL}.csv": [SALES, LINE.format(5, 1, "C1")],
    f"{EMAIL.replace('@', '%40')}.csv": [SALES, LINE.format(7, 1, "Mustermann")],
    f"{EMAIL.replace('@', '＠')}.csv": [SALES, LINE.format(8, 1, "erika.mustermann")],
    # Among the columns that nothing takes: escaped by JSON, and cut off.
    "typed.csv": [f"{SALES},{EMAIL.replace('@', '＠')}", LINE.format(9, 1, "C1") + ","],
    "cut_off.csv": [f"{SALES},{'x' * 185}{EMAIL}", LINE.format(10, 1, "C1") + ","],
    # Of which nothing is admitted.
    f"header {NAME}.csv": [SALES + f",{NAME}"],
    # Records that are sent to customers and refused there: their file is one of customers too.
    f"shop {NAME}.csv": [
        f"{SALES},{NAME}",
        LINE.format(6, 1, "C1") + ",",
        f"customer,,{NAME},{EMAIL},,,,,{PHONE},",
    ],
    # A list of customers where sales without a header are expected.
    f"till {NAME}.csv": [ROW.strip(), ROW.strip().replace("C1", "C2")],
}
CASES = "case_id,order_reference,customer_id,merchant_id,store_id,return_reason,customer_message,created_at,assigned_to"
CASE = f"R-{{}},{{}},{NAME},M1,S1,{{}},{NAME},2026-11-18T10:00:00Z,{NAME}"
EVENTS = "event_id,case_id,at,type,actor,actor_role,payload"
EVENT = f"E-{{}},R-1,2026-11-18T1{{}}:00:00Z,{{}},{NAME},ops,{NAME}"
NOTES = "note_id,case_id,at,author,author_role,internal,text"
RETURNS = {
    "return_cases": [
        CASES,
        CASE.format(1, "O1", "wrong_item"),
        CASE.format(2, f"the one of {NAME}", NAME),
        CASE.format(3, "Mustermann", "broken"),
    ],
    "return_events": [EVENTS, EVENT.format(1, 1, "assigned"), EVENT.format(2, 2, "escalated")],
    "return_notes": [NOTES, f"N-1,R-1,2026-11-18T13:00:00Z,{NAME},ops,true,{NAME} rang"],
}
ORDERS = [
    "event_id,order_kind,order_id,at,status,actor,reason",
    "E1,sales,O1,2026-11-19T10:00:00Z,paid,web,as_ordered",
    f"E2,sales,O1,2026-11-19T11:00:00Z,returned,{NAME},{NAME} rang",
    f"E3,sales,O1,2026-11-19T12:00:00Z,returned,web,{f'{NAME} rang; ' * 20}",
    f"E4,sales,O1,2026-11-19T12:00:00Z,returned,{f'{NAME} / ' * 20},changed_mind",
]
SHOP = """
source: shop
match: {folder: sales, files: "shop *"}
targets:
  - feed: sales
    same_names: true
    columns:
      {order_id: order_id, line_number: line_number, store_id: store_id, product_id: product_id, sold_at: sold_at,
       quantity: quantity, unit_price: unit_price, currency: currency}
    rules: [{name: customer, when: order_id = 'customer', send_to: customers}]
    sent: {customers: {columns: {customer_id: line_number, name: store_id, email: product_id}}}
"""
TILL = """
source: till
match: {folder: sales, files: "till *"}
file: {header_row: 0, columns: [order_id, quantity, product_id, store_id]}
targets:
  - feed: sales
    columns:
      {order_id: order_id, line_number: {constant: 1}, store_id: store_id, product_id: product_id, quantity: quantity,
       sold_at: {constant: "2026-11-19T10:00:00Z"}, unit_price: {constant: 1}, currency: {constant: EUR}}
"""


def folders(platform: Platform) -> Iterator[tuple[str, Path]]:
    """Every inbox folder of a feed."""
    for feed in platform.feeds.values():
        yield feed.folder, platform.lake.inbox / feed.inbox


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A release of a platform on which all of these came in every feed."""
    lake = LakeBuilder(tmp_path_factory.mktemp("personal") / "data")
    platform = lake.platform
    builds = Builds(lake)
    for _, inbox in folders(platform):
        inbox.mkdir(parents=True, exist_ok=True)
        for name, content in FILES.items():
            (inbox / name).write_bytes(content)
            (inbox / f"{name}.done").touch()
    evidence = platform.lake.inbox / "returns" / NAME / "evidence"
    evidence.mkdir(parents=True)
    for name, content in FILES.items():
        (evidence / name).write_bytes(content)
        (evidence / f"{name}.done").touch()
    platform.lake.sources.mkdir()
    for source, mapping in {"shop": SHOP, "till": TILL}.items():
        (platform.lake.sources / f"{source}.yaml").write_text(mapping)
    plain = {f"sales/{name}": lines for name, lines in SALES_FILES.items()}
    plain |= {f"{feed}/{feed}.csv": lines for feed, lines in (RETURNS | {"order_events": ORDERS}).items()}
    for name, lines in plain.items():
        (platform.lake.inbox / "feeds" / name).write_text("\n".join(lines))
        (platform.lake.inbox / "feeds" / f"{name}.done").touch()
    admit(settings=platform.settings, handlers=platform.handlers(), as_of=AS_OF)
    assert profile_new_files(platform, AS_OF)
    assert builds.build().problem is None
    publish(platform=platform, as_of=AS_OF, run_id="a-run")
    return platform


def test_the_files_came_in(published: Platform) -> None:
    drops = pl.read_parquet(published.lake.ledger / "drops.parquet")
    text = drops.select("name", "message", "unknown_columns").write_json().lower()
    assert all(planted in text for planted in PLANTED), "the ledger says what people need who mend"
    for folder, _ in folders(published):
        assert drops.filter(pl.col("folder") == folder).height >= len(FILES), folder
    sales, till = drops.filter(folder="sales"), f"till {NAME}.csv"
    assert {*SALES_FILES} - {till} <= {*sales.filter(state="loaded")["name"]}
    assert sales.filter(name=till)["reason"].to_list() == ["mostly_rejected"]
    documents = drops.filter(folder="returns", state="loaded")
    assert f"{NAME}/evidence/{NAME}.pdf" in set(documents["name"])
    states = set(drops.filter(pl.col("folder") == "customers")["state"])
    assert states == {"loaded", "quarantined", "duplicate"}


def test_readers_who_may_not_see_persons_find_nothing_of_them(published: Platform) -> None:
    release = published.lake.published.resolve()
    found = {}
    for path in release.rglob("*"):
        if path.is_dir() or path.is_relative_to(release / "operations"):
            continue
        text = (path.read_bytes().decode("latin-1") + decoded(path)).lower()
        if seen := [planted for planted in PLANTED if planted in text]:
            found[str(path.relative_to(release))] = seen
    assert found == {}


def test_merchants_read_of_their_cases_what_is_no_text_of_a_customer(published: Platform) -> None:
    merchant = published.lake.published / "merchants" / "M1" / "merchant.duckdb"
    with duckdb.connect(str(merchant), read_only=True) as connection:
        rows = connection.execute(
            "select case_id, order_reference, return_reason from merchant_return_cases order by all"
        ).fetchall()
    assert rows == [
        ("R-1", "O1", "wrong_item"),
        ("R-2", "free_text", "free_text"),
        ("R-3", "free_text", "broken"),
    ]


def decoded(path: Path) -> str:
    """What a published file holds, unpacked."""
    if path.suffix == ".parquet":
        return str(pl.read_parquet(path, hive_partitioning=False).rows())
    if path.suffix != ".duckdb":
        return ""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return str([connection.execute(f'from "{schema}"."{name}"').fetchall() for schema, name in tables])


def test_operations_read_what_they_need_to_mend_it(published: Platform) -> None:
    database = published.lake.published / "operations" / "operations.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        query = (
            "select message from quarantined_files where folder = 'customers' and name = 'without_header.csv'"
        )
        [(message,)] = connection.execute(query).fetchall()
    assert NAME in message
