"""The retailer's words for the classes."""

from pathlib import Path

import polars as pl
import pytest

from ml.vision.labels import CLASSES
from retail_assets.refunds.item_categories import (
    BadItemCategories,
    every_category_is_mapped,
    item_categories,
    unmapped_categories,
)
from tests.lake_builder import LakeBuilder


def classes_of(table: pl.DataFrame, category: str) -> list[str]:
    return table.filter(item_category=category).sort("position")["class"].to_list()


def test_a_class_stands_for_itself_and_common_words_are_known() -> None:
    table = item_categories()
    assert all(classes_of(table, name.lower()) == [name] for name in CLASSES)
    assert classes_of(table, "sneakers") == ["Casual Shoes", "Sports Shoes"]
    assert classes_of(table, "garden gnomes") == []


def test_the_retailers_file_adds_and_wins(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("Sneakers: Sports Shoes\n' GARDEN   shoes ': [Flip Flops, Sandals]\nShoes: []\n")
    table = item_categories(own)
    assert classes_of(table, "sneakers") == ["Sports Shoes"]
    assert classes_of(table, "garden shoes") == ["Flip Flops", "Sandals"]
    assert classes_of(table, "shoes") == [None], "known, and meant to say nothing"
    assert classes_of(table, "denim") == ["Jeans"]


def test_categories_of_cases_that_stand_for_nothing_are_counted(tmp_path: Path) -> None:
    lake = LakeBuilder(tmp_path)
    names = ["Denim", "gnome", "Lamp", "Lamp", None]
    cases = [{"case_id": str(n), "created_at": "2026-11-19", "item_category": c} for n, c in enumerate(names)]
    lake.load("return_cases", cases)
    lake.withdraw(lake.load("return_cases", [cases[0] | {"item_category": "Kettle"}]))
    lake.write_ledger()
    assert unmapped_categories(lake.lake, item_categories()) == {"Lamp": 2, "gnome": 1}
    finding = every_category_is_mapped(lake.lake, item_categories(), shown=1)
    assert (finding.passed, finding.figures["count"]) == (False, 2)
    assert finding.figures["unmapped"].rows() == [("Lamp", 2)], "the most frequent first"
    assert "RETAIL_REFUND_ITEM_CATEGORIES" in finding.advice


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Sneakers: Casual Shoe\n", "Did you mean Casual Shoes?"),
        ("Sneakers: 7\n", "There are Sports Shoes,"),
        ("- Sneakers\n", "must hold lines"),
        ("a: [b\n", "is no YAML"),
    ],
)
def test_a_mistake_is_named_with_its_cure(tmp_path: Path, text: str, hint: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text)
    with pytest.raises(BadItemCategories, match=r"own\.yaml") as raised:
        item_categories(own)
    assert hint in str(raised.value)


def test_a_file_that_is_not_there_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(BadItemCategories, match="RETAIL_REFUND_ITEM_CATEGORIES"):
        item_categories(tmp_path / "absent.yaml")
