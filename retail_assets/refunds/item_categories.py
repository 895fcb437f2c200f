"""The retailer's item categories in terms of the classes: the YAML file, read and checked."""

import difflib
from pathlib import Path

import duckdb
import polars as pl

from ml.vision.labels import CLASSES
from retail_assets.errors import ExplainedError
from retail_assets.kit.findings import Finding
from retail_assets.kit.yaml_files import read_yaml
from retail_assets.lake import Lake
from retail_assets.refunds.tables import REFUND_ITEM_CATEGORIES
from retail_assets.sql import parquet

PACKAGED_CATEGORIES = Path(__file__).with_name("item_categories.yaml")


class BadItemCategories(ExplainedError):
    """A file of item categories that cannot be used; the message says what to change."""


def item_categories(own: Path | None = None) -> pl.DataFrame:
    """Columns of REFUND_ITEM_CATEGORIES: the packaged file, and the retailer's own, which wins.

    A category that no file names is no row, and so `unknown`; so is one whose list is empty, on purpose. Raises
    BadItemCategories.
    """
    named = {_plain(name): [name] for name in CLASSES} | _read(PACKAGED_CATEGORIES)
    if own is not None:
        named |= _read(own)
    rows = [
        (category, name, position)
        for category, classes in sorted(named.items())
        for position, name in enumerate(classes or [None], start=1)
    ]
    return pl.DataFrame(rows, schema=REFUND_ITEM_CATEGORIES.schema, orient="row")


def unmapped_categories(lake: Lake, categories: pl.DataFrame) -> dict[str, int]:
    """Categories of loaded return cases that stand for no class, with their cases, the most frequent first."""
    loads = pl.read_parquet(lake.ledger / "loads.parquet", glob=False).filter(feed="return_cases")
    files = [lake.rows("return_cases", key) for key in loads["content_key"].unique()]
    if not files:
        return {}
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select item_category, count(*) as cases from {parquet(files, union_by_name=True)} "
            "where item_category is not null group by item_category order by cases desc, item_category"
        ).fetchall()
    known = set(categories["item_category"])
    return {category: cases for category, cases in rows if _plain(category) not in known}


def every_category_is_mapped(lake: Lake, categories: pl.DataFrame, *, shown: int) -> Finding:
    """Whether every item category of return cases stands for a class."""
    unmapped = unmapped_categories(lake, categories)
    named = pl.DataFrame(
        list(unmapped.items())[:shown], schema={"item_category": pl.String, "cases": pl.Int64}, orient="row"
    )
    return Finding(
        passed=not unmapped,
        figures={"count": len(unmapped), "unmapped": named},
        advice=f"{len(unmapped)} item categories of return cases stand for no class ({', '.join(list(unmapped)[:3])}"
        f"{', …' if len(unmapped) > 3 else ''}). Name their classes in a file of your own "
        "(RETAIL_REFUND_ITEM_CATEGORIES); until then their cases never disagree with a photo.",
    )


def _read(file: Path) -> dict[str, list[str]]:
    content = read_yaml(file, setting="RETAIL_REFUND_ITEM_CATEGORIES", refused=BadItemCategories)
    if not isinstance(content, dict):
        raise BadItemCategories(f"{file} must hold lines like `Sneakers: Casual Shoes`.")
    return {_plain(str(category)): _classes(file, category, value) for category, value in content.items()}


def _classes(file: Path, category: object, value: object) -> list[str]:
    classes = value if isinstance(value, list) else [value]
    for name in classes:
        if name not in CLASSES:
            alike = difflib.get_close_matches(str(name), CLASSES, n=1)
            hint = f"Did you mean {alike[0]}?" if alike else f"There are {', '.join(CLASSES)}."
            raise BadItemCategories(
                f"{file}: {category} names the class {name!r}, which does not exist. {hint}"
            )
    return list(dict.fromkeys(classes))


def _plain(category: str) -> str:
    """As the warehouse compares categories."""
    return " ".join(category.lower().split())
