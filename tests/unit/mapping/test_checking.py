"""A wrong mapping says file, line, place and what would be right."""

from collections.abc import Callable

import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.model import SourceMapping
from tests.unit.mapping.conftest import FEEDS

MAPPING = """\
source: till
match:
  folder: sales
  files: "till_*.csv"
targets:
  - feed: sales
    columns:
      order_id: Bon
      line_number: Pos
      store_id: Filiale
      product_id: Artikel
      sold_at: Zeit
      quantity: Menge
      unit_price: Preis
      currency: {constant: EUR}
"""
RULES = "    rules:\n      - {name: x, when: WHEN, reject: true}\n    columns:"
Load = Callable[[str], SourceMapping]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "folder: sales",
            "folder: sale",
            r":3: match.folder: `sale` is not possible here \(did you mean `sales`\?\)",
        ),
        (
            "folder: sales",
            "foldr: sales",
            r":3: match.foldr: unknown key `foldr` \(did you mean `folder`\?\); possible",
        ),
        ("targets:", "target:", r":5: target: unknown key `target` \(did you mean `targets`"),
        ("source: till\n", "", "the key `source` is missing"),
        ("source: till\n", "source: till\n\tx: y\n", "indent with spaces, not with tabs"),
        ("source: till", "source: contract", "not `contract`"),
        ("feed: sales", "feed: sals", r":6: .*no feed `sals` \(did you mean `sales`"),
        (
            "order_id: Bon",
            "oder_id: Bon",
            r":8: targets\[1\].columns.oder_id: sales has no column .*`order_id`",
        ),
        ("      order_id: Bon\n", "", ":7: .*sales needs `order_id` too"),
        (
            "      order_id: Bon\n",
            "      order_id: Bon\n      order_id: X\n",
            ":9: .*`order_id` stands here twice",
        ),
        ("{constant: EUR}", "{constant: eur}", ":15: .*`eur` breaks the contract of sales.currency: pattern"),
        ("{constant: EUR}", "{column: W, default: Euro}", ":15: .*`Euro` breaks the contract"),
        ("{constant: EUR}", "{constant: EUR, column: W}", "with one of column, constant, file_name"),
        ("quantity: Menge", "quantity: {constant: viel}", "`viel` is no number"),
        ("quantity: Menge", "quantity: {column: Menge, decimal: ';'}", "choose `.` or `,`"),
        (
            "quantity: Menge",
            "quantity: {column: Menge, thousands: '.'}",
            "cannot be the mark of decimals and of",
        ),
        ("quantity: Menge", "quantity: {column: Menge, scale: 0}", "a scale is a number other than 0"),
        ("quantity: Menge", "quantity: {column: Menge, scale: 1_0}", "`1_0` is not a number"),
        ("quantity: Menge", "quantity: {column: Menge, scale: inf}", "`inf` is not a number"),
        (
            "quantity: Menge",
            "quantity: {sql: Menge * 2}",
            r"No function matches.*text here: Menge; `parse` declares",
        ),
        (
            "quantity: Menge",
            "quantity: {sql: Netto Menge}",
            "syntax error.*names with spaces or points go in double",
        ),
        (
            "quantity: Menge",
            "quantity: {sql: roud(Menge)}",
            r"roud\(\) is not possible here \(did you mean round\(\)\?\)",
        ),
        ("quantity: Menge", "quantity: {sql: sum(Menge)}", r"sum\(\) is not possible here"),
        ("quantity: Menge", "quantity: {sql: random()}", r"random\(\) is not possible"),
        ("quantity: Menge", "quantity: {sql: Menge.abs()}", r"write abs\(Menge"),
        ("quantity: Menge", "quantity: {sql: (select 1)}", "a subquery is not possible"),
        ("quantity: Menge", "quantity: {sql: '1) from x; --'}", "syntax error"),
        ("quantity: Menge", "quantity: {sql: '1), (2'}", "write one SQL expression"),
        ("quantity: Menge", "quantity: {sql: ''}", "an expression is missing"),
        ("quantity: Menge", "quantity: {sql: file_name.store}", "not a part of the file name"),
        (
            "sold_at: Zeit",
            "sold_at: {column: Zeit, dates: dd.MM.yyyy HH:mm}",
            "written like `%d.%m.%Y %H:%M`",
        ),
        ("sold_at: Zeit", "sold_at: {column: Zeit, dates: '%Q'}", "`%Q` is no format code"),
        ("sold_at: Zeit", "sold_at: {column: Zeit, dates: '%d.%M.%Y'}", "`%m` is a month, `%M` are minutes"),
        ("sold_at: Zeit", "sold_at: {column: Zeit, dates: '%Y-%m-%d %M:%S'}", "has minutes and no hour"),
        ("sold_at: Zeit", "sold_at: {column: Zeit, dates: '%d.%m.%Y %I:%M'}", "of which half of the day"),
        (
            "sold_at: Zeit",
            "sold_at: {column: Zeit, time_zone: Europe/Berln}",
            r"\(did you mean `Europe/Berlin`\?\)",
        ),
        ("sold_at: Zeit", "sold_at: {date: Zeit}", "`date` and `time` belong together"),
        (
            "line_number: Pos",
            "line_number: {line_number: derived}",
            "derived line numbers need `document`, and `replaces`",
        ),
        ("store_id: Filiale", "store_id: {file_name: store}", "takes no part of this name"),
        ("    columns:", "    replaces: day\n    columns:", ":7: .*time_zone"),
        ("    columns:", "    replaces: document\n    columns:", "say with `document` which column"),
        (
            "    columns:",
            RULES.replace(", reject: true", "").replace("WHEN", "Menge < 0"),
            "a rule does one thing",
        ),
        ("    columns:", RULES.replace("WHEN", "Menge"), "has to be true or false; this is a DECIMAL"),
        (
            "    columns:",
            RULES.replace("WHEN", "Kunde > 5"),
            "`Kunde` is text here and is compared with a number",
        ),
        (
            "    columns:",
            RULES.replace("WHEN", "Kunde in (-1)"),
            "`Kunde` is text here and is compared with a number",
        ),
        (
            "    columns:",
            RULES.replace("WHEN, reject: true", "Menge < 0, send_to: stock_counts"),
            "has no columns; add them under `sent",
        ),
        ("    columns:", RULES.replace("name: x", "name: X-1"), "small letters, digits and _"),
        ("targets:", "parse: {Menge: nmber}\ntargets:", "did you mean `number`"),
        ("targets:", "values: {scale: 2}\ntargets:", "unknown key `scale`"),
        ("targets:", "file: {encoding: utf-9}\ntargets:", "`utf-9` is no encoding"),
        (
            "targets:",
            "file: {delimiter: '01234567890'}\ntargets:",
            "one to 10 characters of one line, or one of the words tab",
        ),
        ("targets:", "file: {header_row: two}\ntargets:", "`two` is not a whole number"),
        ('"till_*.csv"', '"till_*.csv"\n  name_values: "till_(.*)"', "name the parts you want"),
        ('"till_*.csv"', '"till_*.csv"\n  name_values: "till_("', "not a regular expression"),
        (
            '"till_*.csv"',
            '"till_*.csv"\n  name_values: "(?=t)(?P<a>.)"',
            "nothing may look ahead or back: .*[?]=",
        ),
        ("targets:", "values: {null_words: [a, b}\ntargets:", ":5: not YAML.*between double quotes"),
        ("source: till", "source: &a [*a]", "alias that contains itself"),
    ],
)
def test_what_is_wrong_and_where(mapping_file: Load, old: str, new: str, message: str) -> None:
    assert old in MAPPING
    with pytest.raises(MappingError, match=r"mapping\.yaml.*" + message):
        mapping_file(MAPPING.replace(old, new, 1))


@pytest.mark.parametrize(
    "content", ["", "till", "- till", "\tsource: x", "source: [", "? [a]: b", "a: " * 3000]
)
def test_what_is_no_mapping_at_all(mapping_file: Load, content: str) -> None:
    with pytest.raises(MappingError, match=r"mapping\.yaml"):
        mapping_file(content)


def test_not_utf_8(tmp_path) -> None:
    from retail_assets.feeds.mapping.load import load_mapping

    path = tmp_path / "kasse.yaml"
    path.write_bytes("source: stück".encode("latin-1"))
    with pytest.raises(MappingError, match=r"kasse\.yaml: not UTF-8 text"):
        load_mapping(path, tuple(FEEDS.values()))


def test_words_of_yaml_stay_words(mapping_file: Load) -> None:
    text = MAPPING.replace(
        "targets:", "values: {true_words: [Yes, on], false_words: [No, off], null_words: [null, ~]}\ntargets:"
    )
    values = mapping_file(text).values
    assert (values.true_words, values.false_words, values.null_words) == (
        ("Yes", "on"),
        ("No", "off"),
        ("null", "~"),
    )


@pytest.mark.parametrize("ending", ["parquet", "pq", "PARQUET"])
def test_parquet_brings_its_own_types(mapping_file: Load, ending: str) -> None:
    text = MAPPING.replace("till_*.csv", f"till_*.{ending}").replace(
        "    columns:", RULES.replace("WHEN", "Kunde * 2 > 5")
    )
    assert mapping_file(text).name == "till"


def test_the_version_is_that_of_the_content(mapping_file: Load) -> None:
    version = mapping_file(MAPPING).version
    assert (
        mapping_file("# a comment\n" + MAPPING.replace("{constant: EUR}", "{ constant:   'EUR' }")).version
        == version
    )
    assert mapping_file(MAPPING.replace("EUR", "USD")).version != version


def test_expressions_see_no_files(map_rows) -> None:
    for sql in (
        "read_text('/etc/passwd')",
        "getenv('HOME')",
        "current_setting('threads')",
        "getvariable('x')",
    ):
        with pytest.raises(MappingError):
            map_rows(MAPPING.replace("quantity: Menge", f'quantity: {{sql: "{sql}"}}'), [])
