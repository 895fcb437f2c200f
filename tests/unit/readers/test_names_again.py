"""Exports that were joined: what is below a second line of names is never read by the order of the first."""

from pathlib import Path

import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader
from tests.unit.readers.test_excel import workbook

FIRST = [["sku", "qty", "unit price"], ["A", 2, 90], ["B", 3, 40]]


def written(path: Path, rows: list[list], kind: str) -> tuple[Path, str]:
    if kind == "xlsx":
        return workbook(path / "b.xlsx", S=rows), "b.xlsx"
    mark = "\t" if kind == "tsv" else ";"
    quote = '"' if kind == "quoted" else ""
    path /= "b.csv"
    path.write_text("\n".join(mark.join(f"{quote}{cell}{quote}" for cell in row) for row in rows) + "\n")
    return path, "b.tsv" if kind == "tsv" else "b.csv"


@pytest.mark.parametrize("kind", ["csv", "tsv", "quoted", "xlsx"])
@pytest.mark.parametrize(
    "names",
    [
        ["sku", "unit price", "qty"],
        ["unit price", "qty", "sku"],
        [" sku", "unit price ", "qty"],
        ["sku", "unit price", "discount"],
        ["discount", "sku", "unit price"],
        ["sku", "qty", "discount"],
    ],
)
def test_other_names_below_are_refused(read: Reader, tmp_path: Path, kind: str, names: list[str]) -> None:
    path, name = written(tmp_path, [*FIRST, names, ["C", 90, 2]], kind)

    with pytest.raises(Unreadable, match="record 3 holds names of columns") as error:
        read(path, name)

    assert error.value.reason == "other_names"


def test_so_are_they_late_in_a_long_file(read: Reader) -> None:
    lines = [f"P{n};{n};{n}" for n in range(500_000)]
    lines[400_000] = "qty;sku;unit price"

    with pytest.raises(Unreadable, match="record 400,001 holds names"):
        read("\n".join(["sku;qty;unit price", *lines]).encode())


def test_so_are_they_on_any_sheet(read: Reader, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "b.xlsx", North=FIRST, South=[*FIRST, ["qty", "sku", "unit price"], [1, "A", 2]]
    )

    assert read(path, "b.xlsx", sheet="North").found.record_count == 2
    with pytest.raises(Unreadable, match="names of columns"):
        read(path, "b.xlsx", sheet="*")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "rows",
    [
        [*FIRST, ["sku", "qty", "unit price"], ["C", 2, 90]],
        [*FIRST, ["sku", "", ""], ["C", 2, 90]],
        [["X", "Y", "Z"], ["X", "X", "X"], ["X", "1", "Z"]],
        [["day", "1", "2", "3"], ["1", "2", "3", "1"], ["2", "3", "1", "2"]],
        [["size", "S", "M", "L"], ["M", "1", "2", "3"], ["S", "4", "5", "6"]],
        [["name", "value"], ["name", "Tee"], ["value", "2"]],
    ],
)
def test_values_that_are_names_too_are_values(
    read: Reader, tmp_path: Path, kind: str, rows: list[list]
) -> None:
    assert read(*written(tmp_path, rows, kind)).found.record_count == len(rows) - 1
