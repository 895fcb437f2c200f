"""Rows are told apart by a number; two that differ must not share it."""

import itertools

import duckdb
import pytest
from dbt_common.clients.jinja import get_template

from retail_assets.config import REPOSITORY
from retail_assets.sql import hash_of

TEXTS = [f"HOODIE-{one}-BLACK-{other}" for one, other in itertools.product("0123456789ABCDEF", repeat=2)]
IDS = [f"kasse:S{store}-2026-11-17-{receipt:04}" for store in range(1, 10) for receipt in range(999)]


def in_dbt(columns: dict[str, str]) -> str:
    macro = (REPOSITORY / "dbt_project" / "macros" / "hash_of.sql").read_text()
    return str(vars(get_template(macro, {}).module)["dbt_macro__hash_of"](columns))


@pytest.mark.parametrize("number_of", [hash_of, in_dbt])
@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("VARCHAR", "text"),
        ("VARCHAR[]", "[text]"),
        ("STRUCT(a VARCHAR)", "{'a': text}"),
        ("JSON", "to_json(text)"),
    ],
)
@pytest.mark.parametrize("texts", [TEXTS, IDS])
def test_texts_have_a_number_each(number_of, sql_type: str, value: str, texts: list[str]) -> None:
    query = (
        f"select count(distinct {number_of({'value': sql_type})}) from (select {value} as value from texts)"
    )
    with duckdb.connect() as connection:
        connection.execute("create table texts as select unnest(?) as text", [texts])
        assert connection.execute(query).fetchall() == [(len(texts),)]


def test_numbers_and_times_are_hashed_as_they_are() -> None:
    assert hash_of({"a": "DECIMAL(18,3)", "b": "TIMESTAMP WITH TIME ZONE"}) == "hash(a, b)"
    assert " ".join(in_dbt({"a": "decimal(18,3)", "b": "bigint"}).split()) == "hash(a, b)"
