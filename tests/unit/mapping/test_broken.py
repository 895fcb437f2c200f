"""A mapping that is wrong stops its own files and nobody else's."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.error_classification import is_the_machines
from retail_assets.feeds.intake_checks import mappings_finding
from retail_assets.feeds.mapping.load import Sources, load_sources
from retail_assets.intake.admission import admit
from retail_assets.platform import Platform
from tests.unit.mapping.conftest import FEEDS

ALL = tuple(FEEDS.values())
NIGHT = date(2026, 11, 20)

STORES = """\
source: {name}
match: {{folder: stores, files: {files}}}
targets:
  - feed: stores
    columns: {{store_id: Nr, name: Name}}
"""
TILL = """\
source: kasse
match:
  folder: sales
  files: "kasse_*.csv"
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
MATCH_LINES = (2, 3, 4)


def sources_of(folder: Path, **files: str) -> Sources:
    """The mappings of a folder with these files."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_sources([folder], ALL)


def held(sources: Sources, *files: str) -> list[str]:
    """Of files in inbox folders those which have to wait."""
    return [file for file in files if sources.why_held(*file.split("/"))]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("source: kasse", "source: [kasse", r"kasse.yaml:2: not YAML: "),
        ("source: kasse", 'source: "kasse', r"kasse.yaml:4: not YAML: "),
        ("quantity: Menge", "quantity:\tMenge\n\tx: y", "kasse.yaml:13: not YAML: "),
        ("targets:", "target:", "kasse.yaml:5: target: unknown key `target` (did you mean `targets`?)"),
        (
            "order_id: Bon",
            "order: Bon",
            "kasse.yaml:8: targets[1].columns.order: sales has no column `order`",
        ),
        ("quantity: Menge", "quantity: {sql: Menge +}", "kasse.yaml:13: "),
        ("constant: EUR", "constant: Euro", "kasse.yaml:15: "),
        ("feed: sales", "feed: sails", "kasse.yaml:6: "),
    ],
)
def test_it_is_named_with_line_and_mend_and_holds_its_own_files(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    sources = sources_of(
        tmp_path, kasse=TILL.replace(old, new), shops=STORES.format(name="shops", files="'s*.csv'")
    )
    [broken] = sources.broken
    assert broken.path == tmp_path / "kasse.yaml"
    assert broken.message.startswith(message)
    assert (broken.folders, broken.files) == (("sales",), ("kasse_*.csv",))
    assert sources.match("stores", "shops.csv").mapping.name == "shops"
    assert held(
        sources, "sales/kasse_1.csv", "sales/Kasse_2.CSV", "sales/other.csv", "stores/kasse_1.csv"
    ) == ["sales/kasse_1.csv", "sales/Kasse_2.CSV"]
    assert message in str(sources.why_held("sales", "kasse_1.csv"))


def test_once_mended_nothing_waits(tmp_path: Path) -> None:
    assert held(sources_of(tmp_path, kasse=TILL.replace("targets", "target")), "sales/kasse_1.csv")
    mended = sources_of(tmp_path, kasse=TILL)
    assert mended.broken == ()
    assert mended.match("sales", "kasse_1.csv").mapping.name == "kasse"
    assert not held(mended, "sales/kasse_1.csv")


@pytest.mark.parametrize("files", ["", "  files: {a: b}\n", "  files: [a.csv, [b.csv]]\n", "  name: x\n"])
def test_one_that_names_no_files_holds_what_no_other_reads_in_its_folder(tmp_path: Path, files: str) -> None:
    text = STORES.format(name="broken", files="x").replace(
        "match: {folder: stores, files: x}\n", "match:\n  folder: stores\n" + files
    )
    sources = sources_of(tmp_path, broken=text, shops=STORES.format(name="shops", files="'s*.csv'"))
    assert [broken.path.name for broken in sources.broken] == ["broken.yaml"]
    assert held(sources, "stores/shops.csv", "stores/other.csv", "sales/other.csv") == ["stores/other.csv"]


@pytest.mark.parametrize("folder", ["shop", "[stores]", "{a: b}", "''"])
def test_one_whose_folder_there_is_not_holds_its_files_in_every_folder(tmp_path: Path, folder: str) -> None:
    text = STORES.format(name="broken", files="'x*.csv'").replace("folder: stores", f"folder: {folder}")
    sources = sources_of(tmp_path, broken=text)
    assert len(sources.broken) == 1
    waiting = held(sources, "stores/x.csv", "sales/x.csv", "stores/y.csv", "decisions/x.csv")
    assert waiting[0] == "stores/x.csv"
    assert not {"stores/y.csv", "decisions/x.csv"} & set(waiting), "what people decide does not wait"


@pytest.mark.parametrize("text", ["", "- kasse", "source: x", "match: stores/*.csv", "match: [", "\0"])
def test_one_that_names_neither_stops_nothing(tmp_path: Path, text: str) -> None:
    sources = sources_of(tmp_path, broken=text, shops=STORES.format(name="shops", files="'s*.csv'"))
    assert [broken.message.partition(":")[0] for broken in sources.broken] == ["broken.yaml"]
    assert not held(sources, *(f"{feed.folder}/s.csv" for feed in ALL))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("match:", "macth:"),
        ("folder:", "fodler:"),
        ("files:", "flies:"),
        ("format:", "fromat:"),
        ("decimal:", "decimla:"),
        ("type:", "tpye:"),
        ("name: total", "nam: total"),
        ("columns:", "colums:"),
        ("order_id:", "oder_id:"),
        ("sql:", "slq:"),
    ],
)
def test_a_misspelt_key_is_found_at_every_level(tmp_path: Path, right: str, wrong: str) -> None:
    text = (
        "source: kasse\n"
        "match: {folder: sales, files: 'kasse_*.csv'}\n"
        "file: {format: csv}\n"
        "values: {decimal: ','}\n"
        "parse: {Betrag: {type: number}}\n"
        "leave_out: [{name: total, when: Bon = 'x'}]\n"
        "targets: [{feed: sales, columns: {order_id: {sql: Bon}}}]\n"
    )
    [broken] = sources_of(tmp_path, kasse=text.replace(right, wrong, 1)).broken
    line = text[: text.index(right)].count("\n") + 1
    key, meant = wrong.split(":")[0], right.split(":")[0]
    assert broken.message.startswith(f"kasse.yaml:{line}: ")
    assert f"`{key}` (did you mean `{meant}`?)" in broken.message


@pytest.mark.parametrize(
    ("match", "waiting"),
    [
        ("macth: {folder: sales, files: 'kasse_*.csv'}", ["sales/kasse_1.csv"]),
        ("macth: {folder: sales}", ["sales/kasse_1.csv", "sales/other.csv"]),
        ("folder sales", ["sales/kasse_1.csv", "sales/other.csv"]),
        ("match: {fodler: sales, flies: 'kasse_*.csv'}", ["sales/kasse_1.csv", "sales/other.csv"]),
    ],
)
def test_one_whose_match_is_misspelt_holds_what_may_be_its_own(
    tmp_path: Path, match: str, waiting: list[str]
) -> None:
    """Read by the contract's names, cents would be euros."""
    sources = sources_of(
        tmp_path,
        kasse=f"source: kasse\n{match}\ntargets:\n  - feed: sales\n    columns: {{order_id: Bon}}\n",
        shop=TILL.replace("source: kasse", "source: shop").replace("kasse_*", "shop_*"),
    )
    assert len(sources.broken) == 1
    assert (
        held(sources, "sales/kasse_1.csv", "sales/other.csv", "sales/shop_1.csv", "stores/x.csv") == waiting
    )


def test_one_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    [broken] = sources_of(tmp_path).broken
    assert broken.message == "folder.yaml: a file was expected, and this is a folder, a pipe or a device"


@pytest.mark.parametrize("patterns", [["till_*", "x" * 300], [*["a*"] * 100, "till_*"]], ids=["long", "many"])
def test_one_with_a_pattern_too_many_holds_the_folder(tmp_path: Path, patterns: list[str]) -> None:
    sources = sources_of(tmp_path, greedy=STORES.format(name="greedy", files=patterns))
    files = ["stores/till_1.csv", "stores/xxx.csv"]
    assert held(sources, *files, "sales/till_1.csv") == files


@pytest.mark.parametrize("closed", ["kasse.yaml", "."])
def test_what_may_not_be_read_holds_whatever_may_be_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """Read by the contract's names, cents would be euros."""
    files = ["sales/kasse_1.csv", "stores/x.csv", "decisions/d.csv"]
    assert held(sources_of(tmp_path, kasse=TILL), *files) == []
    refuse(monkeypatch, tmp_path / closed, errno.EACCES)
    sources = load_sources([tmp_path], ALL)
    assert [broken.message for broken in sources.broken] == [
        f"{(tmp_path / closed).name}: it cannot be read (Permission denied)"
    ]
    assert held(sources, *files, "sales/online_retail_1.csv") == files[:2]


@pytest.mark.parametrize("damaged", ["kasse.yaml", "."])
def test_a_disk_that_fails_is_no_fault_of_a_mapping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    sources_of(tmp_path, kasse=TILL)
    refuse(monkeypatch, tmp_path / damaged, errno.EIO)
    with pytest.raises(OSError, match="Input/output error") as met:
        load_sources([tmp_path], ALL)
    assert is_the_machines(met.value)


def refuse(monkeypatch: pytest.MonkeyPatch, path: Path, number: int) -> None:
    """Have the machine refuse to open a file, or to list a folder."""

    for name in ("open", "iterdir"):
        real = getattr(Path, name)

        def attempt(self: Path, *arguments: str, real: Callable = real) -> object:
            if self == path:
                raise OSError(number, os.strerror(number))
            return real(self, *arguments)

        monkeypatch.setattr(Path, name, attempt)


def test_a_longer_pattern_reads_its_files_as_before(tmp_path: Path) -> None:
    sources = sources_of(
        tmp_path,
        broken=STORES.format(name="broken", files="'s*.csv'").replace("Nr", "{sql: Nr +}"),
        special=STORES.format(name="special", files="'special_*.csv'"),
        short=STORES.format(name="short", files="'*'"),
        other=STORES.format(name="other", files="'?*.csv'"),
    )
    assert held(sources, "stores/special_1.csv", "stores/s1.csv", "stores/x1.csv") == ["stores/s1.csv"]


def test_the_retailers_broken_mapping_holds_what_the_packaged_one_would_read(tmp_path: Path) -> None:
    [packaged] = [mapping for mapping in load_sources([], ALL).mappings if mapping.name == "online_retail"]
    file = packaged.files[0].replace("*", "x")
    text = STORES.format(name="online_retail", files=list(packaged.files)).replace("stores,", "sales,")
    sources = sources_of(tmp_path, online_retail=text.replace("Nr", "{sql: Nr +}"))
    assert sources.match(packaged.folder, file).mapping == packaged
    assert held(sources, f"{packaged.folder}/{file}")


def test_of_two_with_one_name_the_second_waits(tmp_path: Path) -> None:
    sources = sources_of(
        tmp_path,
        a=STORES.format(name="shop", files="'a*.csv'"),
        b=STORES.format(name="shop", files="'b*.csv'"),
    )
    assert held(sources, "stores/a.csv", "stores/b.csv") == ["stores/b.csv"]


@pytest.mark.parametrize(
    ("files", "reads"),
    [
        ("files: till 1*.csv", ["till 1*.csv"]),
        ("files: 'till [0-9]*.csv'  # since May", ["till [0-9]*.csv"]),
        ('files: ["a, b.csv", c*.csv]', ["a, b.csv", "c*.csv"]),
        ('files: "open*.csv', ["open*.csv"]),
        ("files: [a*.csv, b*.csv", ["a*.csv", "b*.csv"]),
        ("files:\n  - a*.csv\n  - 'b-*.csv'", ["a*.csv", "b-*.csv"]),
        ("files:\n    - a*.csv  # the shop\n    - b*.csv", ["a*.csv", "b*.csv"]),
        ("files:\n    - a*.csv\n  # the shop\n\n    - b*.csv", ["a*.csv", "b*.csv"]),
        ("files: [a*.csv,\n    'b*.csv']", ["a*.csv", "b*.csv"]),
    ],
)
def test_the_files_of_what_is_no_yaml_are_found_in_its_text(
    tmp_path: Path, files: str, reads: list[str]
) -> None:
    text = TILL.replace('files: "kasse_*.csv"', files) + "\tx: ["
    [broken] = sources_of(tmp_path, kasse=text).broken
    assert "not YAML" in broken.message
    assert (broken.folders, list(broken.files)) == (("sales",), reads)


def test_in_one_line_too(tmp_path: Path) -> None:
    text = "source: x\nmatch: {folder: sales, files: 'x*.csv', name_values: '(?<a>.)'}\n\tx: ["
    [broken] = sources_of(tmp_path, x=text).broken
    assert (broken.folders, broken.files[0]) == (("sales",), "x*.csv")


_POSITIONS = [
    sum(map(len, TILL.splitlines(keepends=True)[:line])) + column
    for line, text in enumerate(TILL.splitlines())
    for column in range(len(text) + 1)
    if line + 1 not in MATCH_LINES
]
_JUNK = st.text(st.sampled_from(" \t\n-:#'\"[]{}|>&*!%@`,\0xé0\ud7ff\ufffe"), min_size=1, max_size=4)


@given(position=st.sampled_from(_POSITIONS), junk=_JUNK, removed=st.integers(0, 2))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_wrong_beside_its_match_holds_just_its_own_files(
    tmp_path: Path, position: int, junk: str, removed: int
) -> None:
    rest = TILL[position:]
    end = min(removed, len(rest.partition("\n")[0]))
    sources = sources_of(tmp_path, kasse=TILL[:position] + junk + rest[end:])
    assume(sources.broken)
    assert held(sources, "sales/kasse_1.csv", "sales/other.csv", "stores/kasse_1.csv") == [
        "sales/kasse_1.csv"
    ]


def test_what_passed_is_remembered_and_what_is_broken_is_not(tmp_path: Path) -> None:
    remember = tmp_path / "work" / "passed.json"
    load_sources([], ALL, remember=remember)
    before = remember.read_text()
    sources_of(tmp_path, kasse=TILL.replace("targets", "target"))
    assert load_sources([tmp_path], ALL, remember=remember).broken
    assert remember.read_text() == before
    (tmp_path / "kasse.yaml").write_text(TILL)
    assert not load_sources([tmp_path], ALL, remember=remember).broken
    assert remember.read_text() != before


@pytest.mark.parametrize("half", ["", '["ab', "{}"])
def test_a_memory_that_a_power_cut_left_half_is_made_anew(tmp_path: Path, half: str) -> None:
    remember = tmp_path / "passed.json"
    load_sources([], ALL, remember=remember)
    whole = remember.read_text()
    remember.write_text(half)
    assert not load_sources([], ALL, remember=remember).broken
    assert remember.read_text() == whole


def drop(platform: Platform, place: str, text: str) -> Path:
    path = platform.lake.inbox / "feeds" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.with_name(path.name + ".done").touch()
    return path


def test_the_night_takes_all_other_files_and_those_too_once_it_is_mended(platform: Platform) -> None:
    platform.lake.sources.mkdir(parents=True)
    mapping = platform.lake.sources / "shops.yaml"
    mapping.write_text(STORES.format(name="shops", files="'s*.csv'").replace("Nr", "{sql: Nr +}"))
    own = drop(platform, "stores/s1.csv", "Nr,Name\nS1,North\n")
    drop(platform, "stores/x.csv", "store_id,name\nS2,South\n")
    drop(platform, "customers/c.csv", "customer_id\nC1\n")

    report = admit(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT)
    assert {(one.drop.name, one.drop.state) for one in report.drops} == {
        ("x.csv", "loaded"),
        ("c.csv", "loaded"),
    }
    [skipped] = report.skipped
    assert (skipped.name, skipped.reason) == ("s1.csv", "held_back")
    assert skipped.message.startswith("Its source mapping is wrong: shops.yaml:5: ")
    assert own.exists()
    finding = mappings_finding(platform)
    assert not finding.passed
    assert "shops.yaml:5: " in finding.advice

    mapping.write_text(STORES.format(name="shops", files="'s*.csv'"))
    assert mappings_finding(platform).passed
    report = admit(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT)
    assert [(one.drop.name, one.drop.state, one.drop.source) for one in report.drops] == [
        ("s1.csv", "loaded", "shops")
    ]
    assert not own.exists()


def test_a_file_that_two_claim_waits_until_one_has_it(platform: Platform) -> None:
    platform.lake.sources.mkdir(parents=True)
    narrow = platform.lake.sources / "b.yaml"
    (platform.lake.sources / "a.yaml").write_text(STORES.format(name="one", files="'x_*.csv'"))
    narrow.write_text(STORES.format(name="two", files="'*_1.csv'"))
    drop(platform, "stores/x_1.csv", "Nr,Name\nS1,North\n")
    drop(platform, "stores/x_2.csv", "Nr,Name\nS2,South\n")

    report = admit(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT)
    assert [(one.drop.name, one.drop.source) for one in report.drops] == [("x_2.csv", "one")]
    [skipped] = report.skipped
    assert (skipped.name, skipped.reason) == ("x_1.csv", "held_back")
    assert "a.yaml and b.yaml claim it" in skipped.message
    finding = mappings_finding(platform)
    assert not finding.passed
    assert "x_1.csv: The source mappings a.yaml and b.yaml" in finding.advice

    narrow.write_text(STORES.format(name="two", files="'x_1*.csv'"))
    assert mappings_finding(platform).passed
    report = admit(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT)
    assert [(one.drop.name, one.drop.source) for one in report.drops] == [("x_1.csv", "two")]


def test_a_decision_is_taken_whatever_is_broken(platform: Platform) -> None:
    platform.lake.sources.mkdir(parents=True)
    text = STORES.format(name="broken", files="'*'").replace("folder: stores", "folder: shop")
    (platform.lake.sources / "broken.yaml").write_text(text)
    decision = Decision(
        decision_id="d1", at=datetime.now(UTC), actor="admin", kind="release_file", subject="99"
    )
    entry = decide(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT, decision=decision)
    assert entry.message == "There is no file with sequence number 99."


@pytest.mark.parametrize("name", [b"m\xfcller.yaml", "\u202e\x1b[31m.yaml".encode()])
def test_a_broken_mapping_is_told_whatever_its_file_is_called(platform: Platform, name: bytes) -> None:
    sources = platform.lake.sources
    sources.mkdir(parents=True, exist_ok=True)
    (sources / os.fsdecode(name)).write_text('source: "\u202e"\n', encoding="utf-8")
    found = mappings_finding(platform)
    told = f"{found.advice} {found.figures['broken'].rows()}"
    assert ".yaml" in told
    assert told.isprintable(), "or no database and no screen takes it"
