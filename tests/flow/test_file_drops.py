"""Drop files, tick sensors, look at the runs they ask for: no daemon, no runs."""

import os
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from retail_assets.config import Settings
from retail_assets.definitions import build_defs
from retail_assets.lake import Lake
from sensors.file_drops import WATCHED


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("platform")
    settings = Settings(data_dir=folder / "data", dagster_home=folder / "dagster")
    warehouse = Lake(settings.data_dir).warehouse
    warehouse.parent.mkdir(parents=True)
    warehouse.touch()  # stands for one that was built
    return settings


@pytest.fixture(scope="module")
def repository(settings: Settings) -> dg.RepositoryDefinition:
    return build_defs(settings).get_repository_def()


def _tick(repository: dg.RepositoryDefinition, sensor: str, cursor: str | None) -> SensorExecutionData:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
        return repository.get_sensor_def(sensor).evaluate_tick(context)


def _inbox(settings: Settings, folder: str) -> Path:
    inbox = Lake(settings.data_dir).feed_inbox(folder)
    inbox.mkdir(parents=True, exist_ok=True)
    return inbox


def test_a_file_is_asked_for_after_two_equal_looks(
    settings: Settings, repository: dg.RepositoryDefinition
) -> None:
    file = _inbox(settings, "stores") / "stores.csv"
    file.write_text("store_id,name\nS1,One\n")
    first = _tick(repository, "stores_dropped", None)
    assert not first.run_requests
    with file.open("a") as growing:
        growing.write("S2,Two\n")
    second = _tick(repository, "stores_dropped", first.cursor)
    assert not second.run_requests, "it grew between the looks"
    third = _tick(repository, "stores_dropped", second.cursor)
    assert third.run_requests and len(third.run_requests) == 1


def test_a_marker_spares_the_second_look_and_the_same_file_asks_once(
    settings: Settings, repository: dg.RepositoryDefinition
) -> None:
    inbox = _inbox(settings, "sales")
    (inbox / "till.csv").write_text("x\n")
    (inbox / "till.csv.done").touch()
    first = _tick(repository, "sales_dropped", None)
    again = _tick(repository, "sales_dropped", first.cursor)
    assert first.run_requests and again.run_requests
    assert first.run_requests[0].run_key == again.run_requests[0].run_key
    os.utime(inbox / "till.csv", ns=(1, 1))
    newer = _tick(repository, "sales_dropped", again.cursor)
    assert newer.run_requests and newer.run_requests[0].run_key != first.run_requests[0].run_key


def test_a_run_takes_only_what_is_downstream_of_the_feed(
    settings: Settings, repository: dg.RepositoryDefinition
) -> None:
    inbox = _inbox(settings, "suppliers")
    (inbox / "suppliers.csv").write_text("x\n")
    (inbox / "suppliers.csv.done").touch()
    requests = _tick(repository, "suppliers_dropped", None).run_requests
    assert requests
    selected = {key.to_user_string() for key in requests[0].asset_selection or []}
    assert {"feeds/suppliers", "stg_suppliers", "suppliers", "input_files", "published"} <= selected
    assert not {"feeds/sales", "stg_sales", "feeds/products", "stg_products"} & selected


def test_the_first_drop_of_all_builds_everything(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", dagster_home=tmp_path / "dagster")
    inbox = _inbox(settings, "refunds")
    (inbox / "jeans.jpg").write_bytes(b"x")
    (inbox / "jeans.jpg.done").touch()
    [request] = _tick(build_defs(settings).get_repository_def(), "refunds_dropped", None).run_requests or []
    selected = {key.to_user_string() for key in request.asset_selection or []}
    assert {"stg_return_cases", "refund_items", "stg_sales", "sales_daily", "published"} <= selected


def test_an_empty_or_missing_folder_starts_nothing(repository: dg.RepositoryDefinition) -> None:
    assert not _tick(repository, "customers_dropped", None).run_requests


def test_photos_in_folders_of_cases_start_a_run(
    settings: Settings, repository: dg.RepositoryDefinition
) -> None:
    case = _inbox(settings, "refunds") / "CASE-1"
    case.mkdir()
    (case / "photo.jpg").write_bytes(b"x")
    first = _tick(repository, "refunds_dropped", None)
    assert not first.run_requests
    [request] = _tick(repository, "refunds_dropped", first.cursor).run_requests or []
    selected = {key.to_user_string() for key in request.asset_selection or []}
    assert {
        "feeds/ledger",
        "feeds/refund_manifests",
        "refund_images",
        "refund_items",
        "published",
    } <= selected
    assert not {"feeds/sales", "stg_sales"} & selected
    assert not {name for name in selected if name.startswith(("refund_training", "refund_classifier"))}


def test_a_hundred_thousand_photos_are_one_small_cursor_and_one_waiting_run(
    settings: Settings, repository: dg.RepositoryDefinition
) -> None:
    inbox = _inbox(settings, "refunds")
    for number in range(WATCHED + 100):
        (inbox / f"{number:05}.jpg").touch()
    with dg.DagsterInstance.ephemeral() as instance:

        def tick(cursor: str | None) -> SensorExecutionData:
            context = dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
            return repository.get_sensor_def("refunds_dropped").evaluate_tick(context)

        first = tick(None)
        assert len(first.cursor or "") < 100_000
        second = tick(first.cursor)
        assert len(second.run_requests or []) == 1
        instance.create_run_for_job(
            repository.get_job("file_drop"),
            tags={"retail/folder": "refunds"},
            status=dg.DagsterRunStatus.NOT_STARTED,
        )
        (inbox / "00000.jpg").write_bytes(b"more")
        third = tick(second.cursor)
        fourth = tick(third.cursor)
        assert not third.run_requests and not fourth.run_requests
        assert fourth.cursor and fourth.cursor != second.cursor
