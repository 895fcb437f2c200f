"""`propose` on exports of real systems: measured column by column, and read with what it proposes."""

import fnmatch
import re
from pathlib import Path

import pytest
import yaml

from retail_assets.feeds.mapping.load import load_mapping
from tests.unit.onboarding.conftest import FEEDS, Run
from tests.unit.onboarding.exports import Export, exports
from tests.unit.onboarding.measuring import Measured, measure

KNOWN, UNSEEN = exports("known"), exports("unseen")
FILL = {
    "store_id": "S1",
    "product_id": "P1",
    "order_id": "1",
    "quantity": "1",
    "unit_price": "1",
    "currency": "EUR",
}
FILL |= {"sold_at": "2026-11-20", "counted_at": "2026-11-20", "category": "all", "order_kind": "sales"}


def _proposed(run: Run, folder: Path, export: Export) -> str:
    path = folder / export.name
    path.write_bytes(export.content)
    said = run("propose", path, "--feed", export.feed)
    assert said.code == 0, said.err
    return said.out


@pytest.mark.parametrize(("listed", "at_least"), [(KNOWN, 0.9), (UNSEEN, 0.9)], ids=["known", "unseen"])
def test_nine_of_ten_columns_are_right_and_no_wrong_one_is_unmarked(
    run: Run, tmp_path: Path, listed: tuple[Export, ...], at_least: float
) -> None:
    found = Measured()
    for export in listed:
        found += measure(export, _proposed(run, tmp_path, export))
    print(f"{len(listed)} exports: {found}")
    assert not found.wrong_without_a_word, found
    assert len(found.right) >= at_least * found.judged, found


@pytest.mark.parametrize("export", [*KNOWN, *UNSEEN], ids=lambda export: export.name)
def test_what_is_proposed_reads_its_file_and_names_no_person(
    run: Run, tmp_path: Path, export: Export
) -> None:
    text, mapping = _proposed(run, tmp_path, export), tmp_path / "proposed.yaml"
    assert [person for person in export.persons if person in text] == []
    pattern = yaml.safe_load(text)["match"]["files"]
    assert pattern == export.files and fnmatch.fnmatchcase(export.name.lower(), pattern.lower())
    fill = {**FILL, **export.fill}
    mapping.write_text(
        re.sub(r"(\w+): \{constant: \}", lambda m: f"{m[1]}: {{constant: {fill.get(m[1], 'X')}}}", text)
    )
    assert load_mapping(mapping, tuple(FEEDS.values())).files == (pattern,)
    tried = run("try", tmp_path / export.name, "--feed", export.feed, "--source", mapping, "--json")
    [file] = tried.document["files"]
    sums = {} if file["quarantined"] else file["admitted"][0]["sums"]
    assert {name: sums.get(name) for name in export.reads} == export.reads, text + tried.out
