"""What flows name as marts is what dbt and Python make."""

from dataclasses import replace

import dataframely as dy
import pytest

from retail_assets.audiences import MERCHANTS, Audience
from retail_assets.config import Settings
from retail_assets.flows import FLOWS
from retail_assets.kit.lake_table import LakeTable
from retail_assets.platform import Flow, Mart, Platform, RowFiles
from retail_assets.warehouse.project import MartsDisagree, manifest_of


class Staffing(dy.Schema):
    """A row."""

    store_id = dy.String(primary_key=True)


def platform(settings: Settings, *more: Flow, without: str = "") -> Platform:
    """All flows and some more, without a mart that one of them names."""
    flows = [
        replace(flow, marts=tuple(mart for mart in flow.marts if mart.name != without)) for flow in FLOWS
    ]
    return Platform(settings, (*flows, *more))


def gates(**values: object) -> Flow:
    return Flow("gates", "Counts visitors.", **values)  # ty: ignore[invalid-argument-type]


def test_the_flows_of_the_platform_agree_with_its_project(settings: Settings) -> None:
    published = LakeTable("gate_staffing", Staffing, published=True)
    manifest_of(platform(settings, gates(tables=(published,), marts=(Mart("gate_staffing"),))))


def test_a_mart_that_nobody_makes_is_refused(settings: Settings) -> None:
    only_computed = LakeTable("gate_staffing", Staffing)
    sentence = (
        r"Mart gate_staffing of the flow gates .*: write dbt_project/models/marts/gates/gate_staffing\.sql"
    )
    with pytest.raises(MartsDisagree, match=sentence):
        manifest_of(platform(settings, gates(tables=(only_computed,), marts=(Mart("gate_staffing"),))))


def test_a_model_among_the_marts_that_no_flow_names_is_refused(settings: Settings) -> None:
    sentence = (
        r"dbt_project/models/marts/sales/sales_daily\.sql is a mart of no flow: add Mart\(\"sales_daily\"\)"
        r".*flow\.py of sales"
    )
    with pytest.raises(MartsDisagree, match=sentence):
        manifest_of(platform(settings, without="sales_daily"))


def test_an_audience_that_is_not_among_them_is_refused(settings: Settings) -> None:
    published = LakeTable("gate_staffing", Staffing, published=True)
    marts = (Mart("gate_staffing", Audience("buyers", "buyers", "buyers.duckdb", 0o750)),)
    with pytest.raises(MartsDisagree, match=r"gate_staffing .* is for buyers.*audiences\.py"):
        manifest_of(platform(settings, gates(tables=(published,), marts=marts)))


def test_a_published_table_that_no_flow_names_is_refused(settings: Settings) -> None:
    published = LakeTable("gate_staffing", Staffing, published=True)
    with pytest.raises(MartsDisagree, match="The published table gate_staffing is a mart of no flow"):
        manifest_of(platform(settings, gates(tables=(published,))))


def test_files_of_rows_need_an_audience_with_one_place(settings: Settings) -> None:
    published = LakeTable("gate_staffing", Staffing, published=True)
    files = RowFiles("letters", name="store_id", content="store_id")
    marts = (Mart("gate_staffing", MERCHANTS, row_files=files),)
    with pytest.raises(
        MartsDisagree, match=r"gate_staffing .* files of its rows where all merchants would read them"
    ):
        manifest_of(platform(settings, gates(tables=(published,), marts=marts)))
