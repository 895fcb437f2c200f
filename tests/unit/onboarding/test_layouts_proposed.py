"""What `propose` writes down of an odd layout reads the file again, and `try` says what it is."""

import gzip
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.unit.onboarding.conftest import Run

HEADER = ["order_id", "line_number", "store_id", "product_id", "sold_at"]
HEADER += ["quantity", "unit_price", "currency", "description"]
ROWS = [
    ["o1", "1", "S1", "P1", "2026-11-20T10:00:00Z", "1", "2.50", "EUR", "plain"],
    ["o2", "1", "S1", "P2", "2026-11-20T11:00:00Z", "2", "3.50", "EUR", '"24\\" wide"'],
]


@pytest.mark.parametrize("delimiter", ["||", ";;", "~|~", ","])
def test_what_is_proposed_states_the_layout_and_reads_the_file(
    run: Run, tmp_path: Path, delimiter: str
) -> None:
    export, mapping = tmp_path / "export_1.csv", tmp_path / "export.yaml"
    export.write_text("".join(delimiter.join(row) + "\n" for row in [HEADER, *ROWS]))

    assert run("propose", export, "--feed", "sales", "--out", mapping).code == 0
    tried = run("try", export, "--feed", "sales", "--source", mapping, "--json")

    said = mapping.read_text()
    assert f'delimiter: "{delimiter}"' in said
    assert 'escape: "\\\\"' in said
    [file] = tried.document["files"]
    assert (file["delimiter"], file["escape"]) == (delimiter, "\\")
    assert [row["description"] for row in file["admitted"][0]["first"]] == ["plain", '24" wide']


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["title", "of", "it"])
    book.create_sheet("Lines")
    for row in [HEADER, *ROWS]:
        book["Lines"].append(row)
    book.create_sheet("Old").append(HEADER)
    book["Old"].sheet_state = "hidden"
    book.save(path)
    return path


SHEETS = "Cover (1 rows), Lines (3 rows), Old (1 rows, hidden)"


def test_a_workbook_in_quarantine_is_told_with_its_sheets(run: Run, tmp_path: Path) -> None:
    path = _workbook(tmp_path / "book.xlsx")

    [file] = run("try", path, "--feed", "sales", "--json").document["files"]

    assert file["quarantined"]["reason"] == "missing_columns"
    assert SHEETS in file["quarantined"]["message"]


def test_a_workbook_most_of_which_is_rejected_is_told_with_its_sheets(run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Lines"
    for row in [HEADER, [*ROWS[0][:5], "many", *ROWS[0][6:]]]:
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")

    [file] = run("try", tmp_path / "book.xlsx", "--feed", "sales", "--json").document["files"]

    assert file["quarantined"]["reason"] == "mostly_rejected"
    assert "sheets: Lines (2 rows)." in file["quarantined"]["message"]


def test_a_proposal_for_a_workbook_names_its_sheets(run: Run, tmp_path: Path) -> None:
    assert SHEETS in run("propose", _workbook(tmp_path / "book.xlsx"), "--feed", "sales").out


@pytest.mark.parametrize("command", ["propose", "try"])
@pytest.mark.parametrize("name", ["export.csv.gz", "export.zip"])
def test_tables_in_archives_are_opened(run: Run, tmp_path: Path, name: str, command: str) -> None:
    content = "".join(",".join(row) + "\n" for row in [HEADER, ROWS[0]]).encode()
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(content))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("export.csv", content)

    said = run(command, path, "--feed", "sales")

    assert said.code == 0, said.err
    assert "order_id" in said.out
