"""A mapping may be written badly, or by somebody who means harm: it stays cheap, and ends in a sentence."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from retail_assets.errors import MappingError, Unreadable
from retail_assets.feeds.intake_checks import mappings_finding
from retail_assets.feeds.mapping import check, load
from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.check import CHECK_LIMITS
from retail_assets.feeds.mapping.load import load_sources
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.unnest import MAX_UNKNOWN_FIELDS
from retail_assets.platform import Platform
from tests.unit.mapping.conftest import FEEDS, MapRows

Load = Callable[[str], SourceMapping]
STORES = """\
source: hostile
match: {folder: stores, files: "*.csv"}
parse: {Zahl: integer, Tag: date}
targets:
  - feed: stores
    columns:
      store_id: Nr
      name: NAME
"""
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
GROWING = "'aaaaaaaaaaaaaaaaaaaa'"


def with_sql(expression: str) -> str:
    return STORES.replace("NAME", f"{{sql: {json.dumps(expression)}}}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "aliases .* written out"),
        (f"a: &a {'x' * 50_000}\nb: [*a, *a]\n", "aliases .* written out"),
        (STORES + "#" * 2**16, "a mapping has at most 65,536 bytes"),
        (STORES + "x: " + "[" * 30 + "]" * 30, "deeper than 20 blocks"),
        (STORES + "x: " + "[" * 1_000, "not YAML"),
        (STORES + 'x: "\\UFFFFFFFF"', "not YAML"),
        (f"%YAML {'9' * 5_000}.1\n---\n{STORES}", "not YAML"),
        (STORES + "x: \0", ":9: not YAML: U[+]0000"),
        (STORES.replace("*.csv", "[a" * 30_000), ":2: .*at most 200 characters"),
    ],
    ids=["aliases", "long aliases", "bytes", "depth", "brackets", "character", "version", "NUL", "pattern"],
)
def test_yaml_that_stands_for_more_than_it_says(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "hostile.yaml").write_text(text)
    began = time.monotonic()
    (broken,) = load_sources([tmp_path], tuple(FEEDS.values())).broken

    broken.may_read("stores", "x" * 200)
    assert time.monotonic() - began < 5  # half a minute without the count
    assert len(broken.message) < 3_000
    with pytest.raises(MappingError, match=rf"^hostile\.yaml.*{message}"):
        raise MappingError(broken.message)


def test_what_is_no_mapping_at_all_stops_no_other(platform: Platform) -> None:
    sources = platform.lake.sources
    sources.mkdir(parents=True)
    (sources / "good.yaml").write_text(STORES.replace("NAME", "Name"))
    os.mkfifo(sources / "pipe.yaml")
    (sources / "zero.yaml").symlink_to("/dev/zero")
    with (sources / "huge.yaml").open("wb") as huge:
        huge.truncate(2**40)
    Path(os.fsdecode(bytes(sources) + b"/\xff\x1b.yaml")).write_text("")

    found = load_sources([sources], tuple(FEEDS.values()))
    assert "hostile" in {mapping.name for mapping in found.mappings}
    assert sorted(broken.message.partition(":")[0] for broken in found.broken) == [
        r"\xff\x1b.yaml",
        "huge.yaml",
        "pipe.yaml",
        "zero.yaml",
    ]
    told = mappings_finding(platform)
    assert told.figures["count"] == 4
    assert told.advice.isprintable()


def test_an_error_that_nobody_thought_of_stops_one_mapping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    load_sources([], tuple(FEEDS.values()))
    monkeypatch.setattr(load, "read_mapping", fail)
    (tmp_path / "own.yaml").write_text(STORES)
    [broken] = load_sources([tmp_path], tuple(FEEDS.values())).broken
    assert broken.message == "own.yaml: reading it failed (ZeroDivisionError: division by zero)"
    assert broken.folders == ("stores",)


def test_a_mapping_that_takes_all_the_time_there_is_takes_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_sources([], tuple(FEEDS.values()))
    short = replace(CHECK_LIMITS, child=replace(CHECK_LIMITS.child, seconds=0))
    monkeypatch.setattr(check, "CHECK_LIMITS", short)
    (tmp_path / "slow.yaml").write_text(STORES.replace("NAME", "Slow"))
    [first] = load_sources([tmp_path], tuple(FEEDS.values())).broken
    assert "checking it takes more than 0 s" in first.message
    monkeypatch.setattr(load, "check_mapping", lambda _: pytest.fail("it was checked again"))
    assert load_sources([tmp_path], tuple(FEEDS.values())).broken == (first,)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("now()", r"now\(\) is not possible"),
        ("today()", r"today\(\) is not possible"),
        ("ago(interval 1 day)", r"ago\(\) is not possible"),
        ("age(Tag)", r"age\(\) is not possible"),
        ("get_current_timestamp()", "is not possible"),
        ("nextval('x')", "is not possible"),
        ("repeat(Nr, 1000000000)", r"repeat\(\) is not possible"),
        ("array_to_string(range(1000000000), '')", "is not possible"),
        ("format('{:1000000000}', Nr)", "is not possible"),
        ("bitstring('1', 1000000000)", "is not possible"),
        ("[Nr]", "is not possible"),
        ("array[Nr]", "a list is not possible"),
        ("{'a': Nr}", "is not possible"),
        ("Nr -> Nr", "`->` is not possible"),
        ("grouping(Nr)", "`grouping` is not possible"),
        ("Nr collate nocase", "`collate` is not possible"),
        ("Nr::integer[100000]", "nothing becomes a array"),
        ("Nr::bit", "nothing becomes a bit"),
        ("lpad(Nr, 1000000000, 'y')", r"lpad\(\) fills up to is a number up to 200"),
        ("rpad(Nr, Zahl, 'y')", r"rpad\(\) fills up to is a number up to 200"),
        (f"replace(replace(replace(Nr, '', {GROWING}), 'a', {GROWING}), 'a', {GROWING})", "times as long"),
        (f"regexp_replace(regexp_replace(Nr, '', {GROWING}, 'g'), 'a|', '{'x' * 60}', 'g')", "times as long"),
        (f"regexp_replace({'||'.join(['Nr'] * 100)}, '', {GROWING}, 'g')", "times as long"),
        ("replace(" * 9 + "'a'" + f", 'a', {GROWING})" * 9, "times as long"),
        (f"concat_ws(concat_ws(Nr{', Nr' * 40}){', Nr' * 40})", "times as long"),
        ("replace(Nr, 'a', Nr)", "texts in single quotes"),
        ("regexp_matches(Nr, Nr)", "texts in single quotes"),
        (f"regexp_matches(Nr, '{'(' * 101}{')' * 101}')", "at most 200 characters"),
        (f"'{'x' * 5000}'", "at most 5,000 characters"),
        ("(" * 2400 + "Nr" + ")" * 2400, "more than 100 deep"),
        ("'x' ||\u00a0Nr || Zahl", "a blank in it is none of the keyboard's"),
        (
            "' or now() or ' /*\u3000\u3000\u3000\u3000\u3000*/ || Nr",
            "a blank in it is none of the keyboard's",
        ),
        ("\ufeffNr", "a blank in it is none of the keyboard's"),
    ],
)
def test_expressions_that_are_not_possible(mapping_file: Load, expression: str, message: str) -> None:
    with pytest.raises(MappingError, match=rf"^mapping\.yaml:8: .*{message}"):
        mapping_file(with_sql(expression))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("NAME", f"{{column: N, replace: {{a: {'b' * 50}, b: {'c' * 50}}}}}", ":8: .*times as long"),
        (
            "NAME",
            f"{{column: N, replace: {{{', '.join(f'{n}: x' for n in range(1100))}}}}}",
            ":5: .*DuckDB refuses it",
        ),
        ('"*.csv"', str([f"{number}*" for number in range(101)]), ":2: .*at most 100 patterns of file names"),
        ("NAME", "{column: N, scale: 1e400000000}", ":8: .*below a billion"),
        ("NAME", f"{{constant: {'x' * 60_000}}}", ":8: .{1900,2100}…$"),
        ("parse", f"file: {{header_row: {'9' * 5000}}}\nparse", ":3: .*not a whole number"),
        ("parse", 'file: {encoding: "a\\0b"}\nparse', ":3: .*is no encoding"),
        ('"*.csv"', '"*.csv", name_values: "(?P<a>x{4294967296})"', ":2: .*not a regular expression"),
        ('"*.csv"', f'"*.csv", name_values: "{"(?P<a>x)" * 30}"', ":2: .*at most 200 characters"),
    ],
)
def test_other_keys_that_are_not_possible(mapping_file: Load, old: str, new: str, message: str) -> None:
    with pytest.raises(MappingError, match=r"^mapping\.yaml" + message):
        mapping_file(STORES.replace(old, new).replace("NAME", "Name"))


@pytest.mark.parametrize("expression", ["timezone(Name, Tag::timestamp)", "Name like 'x' escape 'ab'"])
def test_what_fails_only_when_it_runs(map_rows: MapRows, expression: str) -> None:
    rows = [{"Nr": "1", "Name": "Nowhere", "Zahl": "1", "Tag": "2026-11-20"}]
    with pytest.raises(MappingError, match=r"^mapping\.yaml:5: targets\[1\]: DuckDB refuses it"):
        map_rows(with_sql(expression), rows)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("lpad(Nr, 6, '0')", "000071"),
        ("replace(replace(replace(Name, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue')", "Koeln"),
        ("replace('1\u00a0' || Nr, '\u00a0', '') -- without\u00a0blanks", "171"),
        ("concat_ws(', ', Nr, Name, Zahl)", "71, Köln, 3"),
        ("regexp_replace(Name, '[^A-Z]', '', 'g')", "K"),
        ("strftime(Tag + interval 1 day, '%Y%m%d')", "20261121"),
        ("case when Zahl between 1 and 5 then Nr[1:1] else concat_ws('-', Nr, Zahl) end", "7"),
        ("coalesce(nullif(trim(Name), ''), 'x') || cast(round(Zahl * 1.5, 0) as integer)", "Köln5"),
    ],
)
def test_expressions_that_are(map_rows: MapRows, expression: str, value: str) -> None:
    rows = [{"Nr": "71", "Name": "Köln", "Zahl": "3", "Tag": "2026-11-20"}]
    assert map_rows(with_sql(expression), rows).column("name", "stores") == [value]


DECIDING = "{decision_id: A, at: B, actor: C, kind: D, subject: E}"


@pytest.mark.parametrize(
    "targets",
    [
        f"[{{feed: decisions, columns: {DECIDING}}}]",
        "[{feed: stores, columns: {store_id: A, name: B}, rules: [{name: x, when: \"A = '1'\", send_to: decisions}], "
        f"sent: {{decisions: {{columns: {DECIDING}}}}}}}]",
    ],
    ids=["target", "sent"],
)
def test_nobody_decides_by_a_file_in_another_folder(mapping_file: Load, targets: str) -> None:
    text = f'source: s\nmatch: {{folder: FOLDER, files: "*.csv"}}\ntargets: {targets}\n'
    with pytest.raises(MappingError, match="comes out of the inbox folder decisions only, not out of stores"):
        mapping_file(text.replace("FOLDER", "stores"))
    assert mapping_file(text.replace("FOLDER", "decisions")).folder == "decisions"


NAMES = [
    "_empty",
    "_LINE_NUMBER",
    "_path",
    "_j0",
    "_p0",
    "_u0",
    "_f0",
    "_c0",
    "_v0",
    "_route",
    "_fault",
    "_extra",
]


@pytest.mark.parametrize("nested", [False, True])
def test_a_source_may_call_its_columns_as_the_platform_does(map_rows: MapRows, nested: bool) -> None:
    mapping = STORES.replace("NAME", "Namen.a" if nested else "{sql: Namen}")
    row = {"Nr": "1", "Namen": '{"a": "Ort"}' if nested else "Ort", **dict.fromkeys(NAMES, "true")}
    mapped = map_rows(mapping, [row])
    assert mapped.column("name", "stores") == ["Ort"]
    assert mapped.mapped.unknown_columns == NAMES


def test_a_header_of_accents_is_compared_with_nothing(map_rows: MapRows) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable) as refused:
        map_rows(STORES.replace("NAME", "Name"), [{"Nr": "1", "\u0301\u0316" * 100_000: "x"}])
    assert time.monotonic() - began < 10  # minutes if it were
    assert refused.value.reason == "missing_columns"
    assert len(refused.value.message) < 1_000


def test_of_any_number_of_fields_few_come_into_this_process(
    map_rows: MapRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, rows = [], Engine.rows

    def noting(engine: Engine, query: str, parameters: Sequence[str] = ()) -> list[tuple]:
        answers.append(rows(engine, query, parameters))
        return answers[-1]

    monkeypatch.setattr(Engine, "rows", noting)
    names = {"a": "Ort"} | {f"f{number:05}": number for number in range(5_000)}
    mapped = map_rows(STORES.replace("NAME", "Namen.a"), [{"Nr": "1", "Namen": json.dumps(names)}])
    assert mapped.column("name", "stores") == ["Ort"]
    assert len(mapped.mapped.unknown_columns) == MAX_UNKNOWN_FIELDS
    assert max(map(len, answers)) < 2 * MAX_UNKNOWN_FIELDS


def test_many_fields_of_many_records_fit_into_memory(map_rows: MapRows) -> None:
    prices = {f"S{number:03}": number * 1.5 for number in range(400)}
    rows = [{"Nr": f"{n}", "Namen": json.dumps({"a": "Ort", "n": n, **prices})} for n in range(3_000)]
    mapped = map_rows(STORES.replace("NAME", "Namen.a"), rows)
    assert len(mapped.column("name", "stores")) == 3_000
    last = max(mapped.rows("stores"), key=lambda row: row["_record"])
    assert json.loads(last["_extra"]) == {
        "Namen.n": "2999",
        **{f"Namen.{store}": f"{price:g}" for store, price in prices.items()},
    }
