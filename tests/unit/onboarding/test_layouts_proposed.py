"""What `propose` writes down of an odd layout reads the file again, and `try` says what it is."""

from pathlib import Path

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
