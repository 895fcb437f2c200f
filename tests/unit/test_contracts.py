"""Contracts that are wrong are told by name, when they are generated from and when rows are checked."""

import re
from collections.abc import Callable
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from retail_assets.config import REPOSITORY, Settings
from retail_assets.contract import ContractError, Feed, identifier, row_rule
from retail_assets.feeds.contract_check import contract_violations, require_sound
from retail_assets.lake import Lake
from retail_assets.platform import Platform


def feed(sql: str, polars: Callable[[], pl.Expr] | None = None) -> Feed:
    class Visits(dy.Schema):
        store_id = identifier("Store id.", primary_key=True)
        plain = row_rule(sql, polars)

    return Feed("visits", Visits, "Visits.")


def _forgotten() -> pl.Expr:
    raise NameError("name 'pl' is not defined")


WRONG = {
    "no such column": ("shop_id is not null", None),
    "no SQL": ("store_id is is", None),
    "no polars": ("store_id is not null", _forgotten),
}


@pytest.mark.parametrize("rule", WRONG.values(), ids=WRONG)
def test_a_rule_that_does_not_work_is_named(rule: tuple) -> None:
    with pytest.raises(ContractError, match="The rule plain of the contract Visits cannot be evaluated"):
        require_sound(feed(*rule))


def test_those_of_the_platform_work(platform: Platform) -> None:
    for one in platform.feeds.values():
        require_sound(one)


def test_the_check_of_rows_names_it_too(settings: Settings) -> None:
    rows = Lake(settings.data_dir).rows("visits", "key")
    rows.parent.mkdir(parents=True)
    pl.DataFrame({"store_id": ["S1"]}).write_parquet(rows)
    wrong = feed(*WRONG["no polars"])
    with pytest.raises(ContractError, match="The rule plain of the contract Visits"):
        contract_violations(feed=wrong, contents=["key"], settings=settings)


def test_the_contract_of_the_guide_works_as_it_stands() -> None:
    guide = Path(REPOSITORY / "docs" / "add-a-feed.md").read_text()
    code = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
    assert code
    made: dict = {"__name__": "guide"}
    exec(code[1].replace("    ...\n", ""), made)
    require_sound(made["FEEDS"][0])
