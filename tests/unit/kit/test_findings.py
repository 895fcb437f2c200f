"""A finding, and what a person reads of it on the page of its asset."""

import dagster as dg
import polars as pl

from retail_assets.dagster_kit.wiring import check_result
from retail_assets.kit.findings import Finding


def test_what_is_good_needs_no_advice() -> None:
    result = check_result("counted", Finding(passed=True, figures={"files": 3}, advice="Mend it."))
    assert (result.passed, result.description) == (True, None)
    assert result.metadata["files"].value == 3


def test_what_is_not_good_says_what_to_do() -> None:
    finding = Finding(passed=False, advice="Mend it.")
    result = check_result("counted", finding, severity=dg.AssetCheckSeverity.WARN)
    assert (result.passed, result.description) == (False, "Mend it.")
    assert result.severity == dg.AssetCheckSeverity.WARN


def test_rows_are_shown_as_a_table_and_text_as_plain_text() -> None:
    lost = pl.DataFrame({"file": ["<b>a</b>.csv"], "rows": [2], "share": [0.5], "late": [True]})
    result = check_result("counted", Finding(passed=False, figures={"lost": lost, "first": "**a**"}))
    table = result.metadata["lost"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [record.data for record in table.records] == lost.to_dicts()
    assert [(column.name, column.type) for column in table.schema.columns] == [
        ("file", "string"),
        ("rows", "int"),
        ("share", "float"),
        ("late", "bool"),
    ]
    assert isinstance(result.metadata["first"], dg.TextMetadataValue)
