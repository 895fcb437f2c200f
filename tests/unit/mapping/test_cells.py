"""What a file says of its cells: which are numbers and which are texts, which hold no value, and which are spans of
time; every case in every format that can hold it."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retail_assets.errors import Unreadable
from tests.unit.mapping.conftest import MapFile, MapRows
from tests.unit.mapping.exports import as_csv, as_excel, as_json, as_ndjson, as_nested, sales

GERMAN = """
    source: till
    match: {folder: sales, files: "*"}
    values: {decimal: ",", thousands: "."}
    targets: [{feed: sales, same_names: true}]
"""
NESTED = """
    source: shop
    match: {{folder: sales, files: "*"}}
    values: {values}
    targets:
      - feed: sales
        unfold: lines
        columns: {{{columns}}}
"""
TYPED = {"x.xlsx": as_excel, "x.json": as_json, "x.ndjson": as_ndjson}


def nested(values: str, *names: str) -> str:
    known = (
        "order_id",
        "line_number",
        "store_id",
        "product_id",
        "sold_at",
        "quantity",
        "unit_price",
        "currency",
    )
    columns = ", ".join(f"{name}: lines.{name}" for name in [*known, *names])
    return NESTED.format(values=values, columns=columns)


QUANTITIES = {
    "1.234": 1234,
    1.234: Decimal("1.234"),
    "1.234,5": Decimal("1234.5"),
    1234.5: Decimal("1234.5"),
    "1.500": 1500,
    1.5: Decimal("1.5"),
    "12,5": Decimal("12.5"),
    "-1.234": -1234,
    -1.234: Decimal("-1.234"),
    "1234": 1234,
    1235: 1235,
    "1.5": None,
    "1,234.5": None,
}


@pytest.mark.parametrize("name", TYPED)
def test_a_text_follows_the_marks_and_a_number_is_itself(map_file: MapFile, name: str) -> None:
    result = map_file(GERMAN, TYPED[name](sales(*({"quantity": cell} for cell in QUANTITIES))), name)
    assert result.column("quantity") == [number for number in QUANTITIES.values() if number is not None]
    assert [value for _, _, _, value in result.refused] == [
        cell for cell, n in QUANTITIES.items() if n is None
    ]


def test_so_they_do_in_lists_within_records(map_file: MapFile) -> None:
    rows = sales({"quantity": "1.234"}, {"quantity": 1.234}, {"quantity": "1.500"}, {"quantity": 1.5})
    result = map_file(nested("{decimal: ',', thousands: '.'}"), as_nested(rows), "x.json")
    assert result.column("quantity") == [1234, Decimal("1.234"), 1500, Decimal("1.5")]


@pytest.mark.parametrize("name", TYPED)
def test_so_expressions_see_them(map_file: MapFile, name: str) -> None:
    mapping = GERMAN.replace(
        "targets: [{feed: sales, same_names: true}]",
        'targets: [{feed: sales, same_names: true, columns: {unit_price: {sql: "amount / 2"}}}]\n'
        "    parse: {amount: number}",
    )
    result = map_file(mapping, TYPED[name](sales({"amount": "1.234"}, {"amount": 1.234})), name)
    assert result.column("unit_price") == [617, Decimal("0.617")]


def test_what_is_taken_out_of_texts_stays_in_numbers(map_file: MapFile) -> None:
    mapping = GERMAN.replace('{decimal: ",", thousands: "."}', '{replace: {".": ""}, null_words: ["-1"]}')
    rows = sales({"quantity": "1.234"}, {"quantity": 1.234}, {"discount": "-1"}, {"discount": -1})
    result = map_file(mapping, as_excel(rows), "x.xlsx")
    assert result.column("quantity") == [1234, Decimal("1.234"), 1, 1]
    assert result.column("discount") == [None] * 4


@pytest.mark.parametrize("blank", [{}, {"left": 2, "above": 3}], ids=["first", "elsewhere"])
def test_a_formula_without_a_value_is_an_error_of_its_row(map_file: MapFile, blank: dict[str, int]) -> None:
    columns = ["discount", "quantity", "customer_id", "product_id", "sold_at", "is_promotion"]
    rows = sales(*({column: "=F2*0.1"} for column in columns), {"description": "=F2*0.1"})
    result = map_file("sales", as_excel(rows, **blank), "x.xlsx")
    assert result.refused == [
        (number, "formula_without_value", column, "=F2*0.1") for number, column in enumerate(columns, start=1)
    ]
    assert result.column("order_id") == ["o7"]
    flags = [(flag["record"], flag["rule"], flag["column"]) for flag in result.flags]
    assert flags == [(7, "formula_without_value", "description")], "a text that only describes goes alone"


BERLIN = ZoneInfo("Europe/Berlin")
SHEET = "xl/worksheets/sheet1.xml"


def changed(book: bytes, old: str, new: str, *, calculated: bool = True) -> bytes:
    """A workbook whose first sheet says something else."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if name == SHEET:
                assert old.encode() in text, text
                text = text.replace(old.encode(), new.encode())
            if name == "xl/workbook.xml" and calculated:
                text = text.replace(b'fullCalcOnLoad="1"', b"")
            target.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "calculated", "rule"),
    [
        ('<c r="I2"><f>A&amp;B</f></c>', True, "formula_without_value"),
        ('<c r="I2" t="n"><f>A&amp;B</f><v></v></c>', True, "formula_without_value"),
        ('<c r="I2"><f t="shared" si="0"/><v/></c>', True, "formula_without_value"),
        (
            '<x:c r="I2" xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:f>A</x:f></x:c>',
            True,
            "f",
        ),
        ('<c r="I2"><f>A</f><v>0</v></c>', False, "formula_without_value"),
        ('<c r="I2"><f>A</f><v>0</v></c>', True, None),
        ('<c r="I2"><f>A</f><v>0.5</v></c>', False, None),
        ('<c r="I2" t="str"><f>A</f><v></v></c>', True, None),
        ("<c r='I2'><f>A</f></c>", True, "f"),
        ("<c><f>A</f></c>", True, "f"),
        ('<c r="I2"><f>A</f><v xml:space="preserve"></v></c>', True, "f"),
        ('<c r="I2"><!-- made --><f>A</f></c>', True, "f"),
        ('<c r="I2"><f><![CDATA[A<B]]></f></c>', True, "f"),
        ('<c r="I2"><f>A<!-- made --></f><v> </v></c>', True, "f"),
        ('<c r="I2" t="str"><f>A</f></c>', True, "f"),
        ('<c r="I2" t="e"><f>A</f></c>', True, "f"),
        *(
            (f'<c r="I2"><f>A</f><v>{zero}</v></c>', False, "f")
            for zero in ("0.0", "0.00", "-0", "0E0", " 0 ", "+0")
        ),
        *((f'<c r="I2"><f>A</f><v>{zero}</v></c>', True, None) for zero in ("0.0", "-0")),
    ],
)
def test_as_programs_write_formulas(map_file: MapFile, cell: str, calculated: bool, rule: str | None) -> None:
    book = as_excel(sales({"discount": "=A1"}, {"discount": 0.5}))
    result = map_file(
        "sales", changed(book, '<c r="I2"><f>A1</f><v></v></c>', cell, calculated=calculated), "x.xlsx"
    )
    assert [(record, column) for record, _, column, _ in result.refused] == (
        [(1, "discount")] if rule else []
    )


@pytest.mark.parametrize("where", ["xl/worksheets/sheet1.xml", "xl/data.xml", "sheets/one.xml", "one.xml"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_wherever_the_sheet_lies(map_file: MapFile, where: str, quote: str) -> None:
    out = io.BytesIO()
    book = as_excel(sales({"discount": "=A1"}, {"discount": 0.5}))
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name.endswith((".rels", "[Content_Types].xml")):
                text = text.replace(f"/{SHEET}", f"/{where}").replace('"', quote)
            target.writestr(where if name == SHEET else name, text)

    refused = map_file("sales", out.getvalue(), "x.xlsx").refused

    assert [(record, column) for record, _, column, _ in refused] == [(1, "discount")]


@pytest.mark.parametrize("named", ["xl/workbook2.xml", "xl/book.xml", "workbook.xml"])
def test_a_workbook_part_of_another_name_is_a_sentence_or_read(map_file: MapFile, named: str) -> None:
    out = io.BytesIO()
    book = as_excel(sales({"discount": "=A1"}, {"discount": 0.5}))
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode().replace("xl/workbook.xml", named)
            folder, _, last = named.rpartition("/")
            name = name.replace("xl/workbook.xml", named)
            target.writestr(name.replace("xl/_rels/workbook.xml", f"{folder}/_rels/{last}".lstrip("/")), text)

    with pytest.raises(Unreadable) as error:
        map_file("sales", out.getvalue(), "x.xlsx")

    assert error.value.reason in ("damaged_workbook", "not_excel")


def test_a_formula_in_a_sheet_further_behind(map_file: MapFile) -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(as_excel(sales({"discount": 1}))))
    book.copy_worksheet(book.worksheets[0]).title = "A & B"
    book.worksheets[1]["I2"] = "=1+1"
    out = io.BytesIO()
    book.save(out)
    mapping = GERMAN + '    file: {sheet: "A & B"}\n'
    assert map_file(mapping, out.getvalue(), "x.xlsx").refused == [
        (1, "formula_without_value", "discount", "=1+1")
    ]


def test_zeros_in_front_are_an_ids_and_no_numbers(map_file: MapFile) -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(as_excel(sales({"product_id": 123}, {"product_id": "00123"}))))
    for name in ("D2", "F2", "G2"):
        book.worksheets[0][name].number_format = "00000"
    out = io.BytesIO()
    book.save(out)
    result = map_file("sales", out.getvalue(), "x.xlsx")
    assert result.column("product_id") == ["00123", "00123"]
    assert (result.column("quantity"), result.column("unit_price")) == ([1, 1], [2.5, 2.5])


def test_a_formula_that_only_an_expression_uses(map_file: MapFile) -> None:
    mapping = GERMAN.replace(
        "same_names: true", "same_names: true, columns: {customer_id: {sql: \"coalesce(note, 'nobody')\"}}"
    )
    rows = sales({"note": "=A1"}, {"note": "x"}, {"note": None}, {"note": "#REF!"})
    result = map_file(mapping, as_excel(rows), "x.xlsx")
    assert result.column("customer_id") == ["x", "nobody"]
    assert result.refused == [
        (1, "formula_without_value", "note", "=A1"),
        (4, "error_value", "note", "#REF!"),
    ]


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.json"])
def test_an_error_is_no_value_of_any_column(map_file: MapFile, name: str) -> None:
    errors = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#NV", "#¡VALOR!"]
    columns = ["product_id", "customer_id", "discount", "sold_at"]
    cells = [(column, error) for column in columns for error in errors]
    write = TYPED.get(name, as_csv)
    result = map_file("sales", write(sales(*({column: error} for column, error in cells))), name)
    assert result.refused == [(n, "error_value", *cell) for n, cell in enumerate(cells, start=1)]


def test_an_error_that_the_mapping_knows_is_nothing(map_file: MapFile) -> None:
    mapping = GERMAN.replace('{decimal: ",", thousands: "."}', '{null_words: "#N/A"}')
    rows = sales({"description": "#N/A", "discount": "#N/A"}, {"description": "# 1!"})
    assert map_file(mapping, as_excel(rows), "x.xlsx").column("description") == [None, "# 1!"]


TIMES = """
    source: till
    match: {folder: sales, files: "*"}
    values: {time_zone: Europe/Berlin}
    targets: [{feed: sales, same_names: true, columns: {sold_at: {date: day, time: clock}}}]
"""


CLOCKS = {
    timedelta(hours=26, minutes=5): "2024-11-06 02:05:00",
    timedelta(hours=24): "2024-11-06 00:00:00",
    timedelta(hours=50, seconds=1): "2024-11-07 02:00:01",
    timedelta(hours=9, minutes=30): "2024-11-05 09:30:00",
    timedelta(0): "2024-11-05 00:00:00",
    time(14, 5): "2024-11-05 14:05:00",
    "14:06": "2024-11-05 14:06:00",
    "26:05": None,
    0.75: None,
}


def test_more_than_a_day_is_the_next_one(map_file: MapFile) -> None:
    rows = sales(*({"day": date(2024, 11, 5), "clock": clock} for clock in CLOCKS))
    result = map_file(TIMES, as_excel(rows), "x.xlsx")
    found = [f"{moment.astimezone(BERLIN):%Y-%m-%d %H:%M:%S}" for moment in result.column("sold_at")]
    assert found == [local for local in CLOCKS.values() if local]


def test_twenty_four_hours_alone_are_told_from_no_date(map_file: MapFile) -> None:
    rows = sales({"day": date(2024, 11, 5), "clock": timedelta(hours=24)})
    assert [rule for _, rule, _, _ in map_file(TIMES, as_excel(rows), "x.xlsx").refused] == ["not_a_time"]


def test_a_span_of_time_is_no_moment_and_no_number(map_file: MapFile) -> None:
    rows = sales(
        {"sold_at": timedelta(hours=26)},
        {"quantity": timedelta(hours=26, minutes=1)},
        {"description": timedelta(hours=26, minutes=1)},
    )
    result = map_file("sales", as_excel(rows), "x.xlsx")
    assert [rule for _, rule, _, _ in result.refused] == ["not_a_time", "not_a_number"]
    assert result.column("description") == ["26:01:00"]


def test_a_date_of_the_workbook_is_read_by_no_format(map_file: MapFile) -> None:
    mapping = GERMAN.replace('{decimal: ",", thousands: "."}', "{dates: '%Y-%d-%m %H:%M:%S'}")
    rows = sales({"sold_at": datetime(2024, 5, 1, 10)}, {"sold_at": "2024-05-01 10:00:00"})
    assert [m.month for m in map_file(mapping, as_excel(rows), "x.xlsx").column("sold_at")] == [5, 1]


_LINE = (
    '"line_number": 1, "store_id": "s", "product_id": "p", "sold_at": "2024-09-08 10:00", "unit_price": 2.5'
)
_REPEATED = """
    source: shop
    match: {folder: sales, files: "*"}
    targets:
      - feed: sales
        unfold: lines
        columns: {order_id: id, line_number: lines.line_number, store_id: lines.store_id, customer_id: customer.id,
                  product_id: lines.product_id, sold_at: lines.sold_at, quantity: lines.amount.qty,
                  unit_price: lines.unit_price, currency: {constant: EUR}}
"""


@pytest.mark.parametrize(
    ("customer", "line", "told"),
    [
        ('{"id": 1}', f'{{{_LINE}, "amount": {{"qty": 1}}}}', False),
        ('{"id": 1, "id": 2}', f'{{{_LINE}, "amount": {{"qty": 1}}}}', True),
        ('{"id": 1, "id": 1}', f'{{{_LINE}, "amount": {{"qty": 1}}}}', True),
        ('{"id": 1}', f'{{{_LINE}, "amount": {{"qty": 1}}, "unit_price": 9}}', True),
        ('{"id": 1}', f'{{{_LINE}, "amount": {{"qty": 1, "qty": 5}}}}', True),
        ('{"id": 1}', f'{{{_LINE}, "amount": {{"qty": 1}}, "amount": {{"qty": 5}}}}', True),
        ('{"id": 1}', f'{{{_LINE}, "amount": {{"qty": 1, "tax": 2, "tax": 3}}}}', True),
    ],
)
@pytest.mark.parametrize("name", ["x.json", "x.ndjson"])
def test_a_name_that_stands_twice_in_an_object_is_malformed(
    map_file: MapFile, customer: str, line: str, told: bool, name: str
) -> None:
    sound = f'{{{_LINE.replace("1", "2", 1)}, "amount": {{"qty": 3}}}}'
    records = [
        f'{{"id": "o1", "customer": {customer}, "lines": [{line}]}}',
        f'{{"id": "o2", "customer": {{"id": 3}}, "lines": [{sound}]}}',
    ]
    data = "\n".join(records) if name == "x.ndjson" else f"[{', '.join(records)}]"
    result = map_file(_REPEATED, data.encode(), name)
    assert result.column("order_id") == (["o2"] if told else ["o1", "o2"])
    assert [reject["rule"] for reject in result.rejects] == (["malformed_record"] if told else [])


def test_one_line_of_several_is(map_file: MapFile) -> None:
    lines = [f'{{{_LINE}, "amount": {{"qty": 1}}}}', f'{{{_LINE}, "line_number": 2, "amount": {{"qty": 5}}}}']
    data = f'[{{"id": "o1", "customer": null, "lines": [{", ".join(lines)}]}}]'
    result = map_file(_REPEATED, data.encode(), "x.json")
    assert result.column("quantity") == [1]
    assert [end[:1] + end[2:] for end in result.ends] == [(2, "malformed_record")]


@pytest.mark.parametrize("write", [as_json, as_ndjson])
def test_nan_is_nothing_and_infinity_no_number(map_file: MapFile, write: Any) -> None:
    rows = sales(
        {"discount": float("nan")}, {"discount": float("inf")}, {"discount": -float("inf")}, {"discount": 1.5}
    )
    result = map_file("sales", write(rows), "x.json" if write is as_json else "x.ndjson")
    assert result.column("discount") == [None, Decimal("1.5")]
    assert [(record, rule) for record, rule, _, _ in result.refused] == [
        (2, "not_a_number"),
        (3, "not_a_number"),
    ]
    lines = sales({"customer_id": float("nan")}, {"customer_id": 17850.0})
    assert map_file(nested("{}", "customer_id"), as_nested(lines), "y.json").column("customer_id") == [
        None,
        "17850",
    ]


@pytest.mark.parametrize(
    ("expression", "value", "number"),
    [
        ("cast(amount as int)", "1_000", None),
        ("cast(trim(amount) as bigint)", " 1_000 ", None),
        ("amount::double", "1_0.5", None),
        ("coalesce(try_cast(amount as decimal(18,3)), 7)", "1_000", 7),
        ("cast(split_part(amount, ' ', 1) as int)", "1_000 pcs", None),
        ("cast(coalesce(amount, '1') as int)", "1_000", None),
        ("cast(replace(amount, '_', '') as int)", "1_000", 1000),
        ("cast(amount as int) + cast(trim(amount) as int)", "12", 24),
        ("cast(line_number as int)", "x", 1),
    ],
)
def test_no_cast_reads_underscores(
    map_rows: MapRows, expression: str, value: str, number: int | None
) -> None:
    mapping = GERMAN.replace(
        "same_names: true", f'same_names: true, columns: {{quantity: {{sql: "{expression}"}}}}'
    )
    rows = [{name: str(v) for name, v in row.items()} for row in sales({"amount": value})]
    result = map_rows(mapping.replace(', thousands: "."', "").replace('","', '"."'), rows)
    assert result.column("quantity") == ([number] if number else [])
    assert [r["rule"] for r in result.rejects] == ([] if number else ["expression_failed"])
