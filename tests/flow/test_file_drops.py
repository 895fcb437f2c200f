"""Drop files, tick sensors, look at the runs they ask for: no daemon, no runs."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import dataframely as dy
import pytest

from retail_assets.dagster_kit.private import SensorExecutionData
from retail_assets.dagster_kit.wiring import (
    FOLDERS_TAG,
    ONE_NIGHT_A_RUN,
    QUIET,
    feed_key,
    partitions_of,
    table_spec,
)
from retail_assets.definitions import build_defs
from retail_assets.flows import FLOWS, platform_of
from retail_assets.intake.handlers import Batch, Handler, Identity, Inbox, Outcome
from retail_assets.kit.lake_table import LakeTable
from retail_assets.platform import Flow, Platform
from sensors.file_drops import HANDLER_TAG, WATCHED
from tests.conftest import settings_of


class Forecasts(dy.Schema):
    """One row per product."""

    product_id = dy.String(description="The product.")


FORECASTS = LakeTable("toy_forecasts", Forecasts, only_at_night=True)


def letter_handler(platform: Platform) -> Handler:
    """Letters, in folders of their own beside those of feeds."""
    return Handler(
        name="letters",
        description="Letters.",
        reader=Batch(lambda paths: [Outcome() for _ in paths]),
        identify=lambda drop: Identity(
            "letter", "1", {}, hashlib.sha256(str(drop.sha256).encode()).hexdigest()
        ),
        inboxes=(
            Inbox("letters", platform.lake.inbox / "letters"),
            Inbox("scans", platform.lake.inbox / "office" / "scans", levels=1),
        ),
        takes=lambda folder, name: name.endswith(".pdf"),
        starts=lambda folder: ["lake/toy_forecasts"] if folder == "scans" else [],
    )


def forecast_assets(platform: Platform) -> dg.Definitions:
    spec = table_spec(platform, TOY, FORECASTS, deps=[feed_key("sales")], kinds={"parquet"})

    @dg.multi_asset(
        name=FORECASTS.name,
        specs=[spec],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
    )
    def toy_forecasts() -> None: ...

    return dg.Definitions(assets=[toy_forecasts])


TOY = Flow(
    name="toy",
    description="Letters, and forecasts that are made at night.",
    handlers={"letters": f"{__name__}:letter_handler"},
    tables=(FORECASTS,),
    assets=f"{__name__}:forecast_assets",
)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform whose inbox is watched, and whose warehouse stands."""
    platform = Platform(settings_of(tmp_path_factory.mktemp("platform")), [*FLOWS, TOY])
    platform.lake.warehouse.parent.mkdir(parents=True)
    platform.lake.warehouse.touch()  # stands for one that was built
    return platform


@pytest.fixture(scope="module")
def repository(watched: Platform) -> dg.RepositoryDefinition:
    return build_defs(watched).get_repository_def()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


Tick = Callable[..., SensorExecutionData]


@pytest.fixture
def tick(
    watched: Platform, repository: dg.RepositoryDefinition, instance: dg.DagsterInstance
) -> Iterator[Tick]:
    """Evaluates a handler's sensor once; the inbox is emptied after the test."""

    def evaluate(handler: str, cursor: str | None = None) -> SensorExecutionData:
        context = dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
        return repository.get_sensor_def(f"{handler}_dropped").evaluate_tick(context)

    yield evaluate
    for path in sorted(watched.lake.inbox.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for mapping in watched.lake.sources.glob("*.yaml"):
        mapping.unlink()


def _drop(platform: Platform, place: str, content: str = "x\n", *, done: bool = True) -> Path:
    path = platform.lake.inbox / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if done:
        path.with_name(path.name + ".done").touch()
    return path


def _request(found: SensorExecutionData) -> dg.RunRequest:
    [request] = found.run_requests or []
    assert request.run_config == QUIET
    return request


def _selected(request: dg.RunRequest) -> set[str]:
    assert request.asset_selection is not None
    return {key.to_user_string() for key in request.asset_selection}


def _with(selected: set[str], *starts: str) -> set[str]:
    return {name for name in selected if name.startswith(starts)}


# When a run is asked for


def test_a_file_is_asked_for_after_two_equal_looks(watched: Platform, tick: Tick) -> None:
    file = _drop(watched, "feeds/stores/stores.csv", "store_id,name\nS1,One\n", done=False)
    first = tick("tables")
    assert not first.run_requests
    with file.open("a") as growing:
        growing.write("S2,Two\n")
    second = tick("tables", first.cursor)
    assert not second.run_requests, "it grew between the looks"
    third = tick("tables", second.cursor)
    assert third.run_requests and len(third.run_requests) == 1


def test_a_marker_spares_the_second_look_and_the_same_file_asks_once(watched: Platform, tick: Tick) -> None:
    till = _drop(watched, "feeds/sales/till.csv")
    first = tick("tables")
    again = tick("tables", first.cursor)
    assert _request(first).run_key == _request(again).run_key
    os.utime(till, ns=(1, 1))
    newer = tick("tables", again.cursor)
    assert _request(newer).run_key != _request(first).run_key


def test_an_empty_or_missing_folder_starts_nothing(tick: Tick) -> None:
    first = tick("tables")
    assert not first.run_requests
    assert not tick("tables", first.cursor).run_requests


def test_each_handler_has_a_sensor_that_sees_its_own_files_alone(
    watched: Platform, repository: dg.RepositoryDefinition, tick: Tick
) -> None:
    own = {
        "tables": "feeds/sales/till.csv",
        "archives": "feeds/sales/till.zip",
        "refund_photos": "refunds/CASE-1/jeans.jpg",
        "invoice_mails": "invoices/mail.eml",
        "invoices": "invoices/bill.pdf",
        "letters": "office/scans/monday/letter.pdf",
        "return_documents": "returns/R-1/evidence/jeans.jpg",
        "return_document_notes": "returns/R-1/evidence/jeans.jpg.note.txt",
    }
    sensors = {sensor.name for sensor in repository.sensor_defs}
    drifted = {f"{model}_drifted" for model in ("demand_models", "escalation_risk")}
    assert sensors == {*(f"{handler}_dropped" for handler in own), "decision_made", *drifted}
    for place in own.values():
        _drop(watched, place)
    for handler, place in own.items():
        found = tick(handler)
        assert len(found.run_requests or []) == 1
        seen = {folder: json.loads(files) for folder, files in json.loads(found.cursor or "").items()}
        [name] = [name for files in seen.values() for name in files]
        assert place.endswith(f"/{name}") and name not in ("letter.pdf", "evidence/jeans.jpg")


def test_a_run_says_which_handler_and_folders_it_is_for(watched: Platform, tick: Tick) -> None:
    _drop(watched, "feeds/suppliers/a.csv")
    _drop(watched, "feeds/products/b.csv")
    request = _request(tick("tables"))
    assert request.tags[HANDLER_TAG] == "tables"
    assert request.tags[FOLDERS_TAG] == "products,suppliers"


def test_a_file_whose_mapping_is_broken_waits_without_asking(watched: Platform, tick: Tick) -> None:
    watched.lake.sources.mkdir(parents=True, exist_ok=True)
    mapping = watched.lake.sources / "till.yaml"
    mapping.write_text(
        "source: till\nmatch: {folder: sales, files: 'till*'}\ntargets: [{feed: no_such_feed}]\n"
    )
    _drop(watched, "feeds/sales/till.csv")
    first = tick("tables")
    assert not first.run_requests
    assert not tick("tables", first.cursor).run_requests
    other = _drop(watched, "feeds/sales/other.csv")
    assert _request(tick("tables", first.cursor)).tags[FOLDERS_TAG] == "sales", "it stops nobody else's"
    other.unlink()
    mapping.unlink()
    assert _request(tick("tables", first.cursor)).tags[FOLDERS_TAG] == "sales", (
        "it is taken once it is mended"
    )


def test_a_file_that_nobody_takes_is_left_to_the_night(watched: Platform, tick: Tick) -> None:
    _drop(watched, "letters/notes.txt")
    for handler in ("letters", "tables", "archives"):
        assert not tick(handler).run_requests


def test_a_hundred_thousand_photos_are_one_small_cursor_and_one_waiting_run(
    watched: Platform, repository: dg.RepositoryDefinition, instance: dg.DagsterInstance, tick: Tick
) -> None:
    _drop(watched, "refunds/00000.jpg", "", done=False)
    for number in range(1, WATCHED + 100):
        (watched.lake.inbox / "refunds" / f"{number:05}.jpg").touch()
    first = tick("refund_photos")
    assert len(first.cursor or "") < 100_000
    second = tick("refund_photos", first.cursor)
    assert len(second.run_requests or []) == 1
    instance.create_run_for_job(
        repository.get_job("file_drop"),
        tags={HANDLER_TAG: "refund_photos"},
        status=dg.DagsterRunStatus.NOT_STARTED,
    )
    (watched.lake.inbox / "refunds" / "00000.jpg").write_bytes(b"more")
    third = tick("refund_photos", second.cursor)
    fourth = tick("refund_photos", third.cursor)
    assert not third.run_requests and not fourth.run_requests
    assert fourth.cursor and fourth.cursor != second.cursor


# What a run makes


def test_a_run_takes_only_what_is_downstream_of_the_feed(watched: Platform, tick: Tick) -> None:
    _drop(watched, "feeds/suppliers/suppliers.csv")
    selected = _selected(_request(tick("tables")))
    expected = {
        "feeds/suppliers",
        "intake/ledger",
        "staging/stg_suppliers",
        "marts/suppliers",
        "marts/input_files",
    }
    assert expected | {"published/release"} <= selected
    others = {"feeds/sales", "staging/stg_sales", "feeds/products", "staging/stg_products"}
    assert not others & selected


def test_a_till_file_starts_its_feeds_and_their_marts_and_nothing_of_other_flows(
    watched: Platform, tick: Tick
) -> None:
    _drop(watched, "feeds/sales/till.csv")
    selected = _selected(_request(tick("tables")))
    # The packaged mapping of a till reads what was found into stock movements.
    assert _with(selected, "feeds/") == {"feeds/sales", "feeds/stock_movements"}
    assert {"staging/stg_sales", "marts/sales_lines", "marts/sales_daily", "published/release"} <= selected
    only = "no photo is scored and nothing is forecast; what the file sends is counted for source_health"
    # A movement may be a receipt: invoices are matched with it, and judged again at night.
    assert "marts/invoice_match" in selected
    assert _with(selected, "lake/", "models/") == {"lake/file_profiles"}, only


def test_a_photo_starts_the_tables_of_refunds(watched: Platform, tick: Tick) -> None:
    _drop(watched, "refunds/CASE-1/photo.jpg", done=False)
    first = tick("refund_photos")
    assert not first.run_requests
    selected = _selected(_request(tick("refund_photos", first.cursor)))
    # A run takes the lists that lie between the photos, too.
    assert _with(selected, "feeds/") == {"feeds/refund_manifests"}
    # What it shows is told of in the risk of its case.
    refunds = {"lake/refund_images", "lake/refund_item_predictions"}
    assert _with(selected, "lake/", "models/") == {
        *refunds,
        "lake/escalation_scores",
        "lake/file_profiles",
        "lake/return_case_features",
    }
    assert {"staging/stg_refund_manifests", "marts/refund_items", "published/release"} <= selected
    assert "staging/stg_sales" not in selected


def test_an_invoice_is_checked_at_once_and_an_order_starts_no_check(watched: Platform, tick: Tick) -> None:
    _drop(watched, "invoices/bill.pdf")
    selected = _selected(_request(tick("invoices")))
    assert {"lake/invoice_checks", "lake/invoice_order_lines", "marts/invoice_match"} <= selected
    assert "marts/purchase_orders" not in selected
    _drop(watched, "feeds/purchase_orders/orders.csv")
    selected = _selected(_request(tick("tables")))
    # What has come changes the match, but not which line a row bills.
    assert {"marts/purchase_orders", "marts/invoice_match"} <= selected
    assert not {"lake/invoice_checks", "lake/invoice_order_lines"} & selected


def test_a_list_of_photos_starts_what_the_photos_beside_it_do(watched: Platform, tick: Tick) -> None:
    _drop(watched, "refunds/manifest.csv")
    by_list = _selected(_request(tick("tables")))
    _drop(watched, "refunds/photo.jpg")
    assert by_list == _selected(_request(tick("refund_photos")))


def test_an_archive_starts_what_its_parts_may_change(watched: Platform, tick: Tick) -> None:
    _drop(watched, "feeds/suppliers/suppliers.csv")
    by_table = _selected(_request(tick("tables")))
    _drop(watched, "feeds/suppliers/suppliers.zip")
    request = _request(tick("archives"))
    assert _selected(request) == by_table
    assert request.tags[FOLDERS_TAG] == "suppliers"


def test_decisions_may_change_everything_but_what_is_made_at_night(watched: Platform, tick: Tick) -> None:
    _drop(watched, "decisions/decided.csv")
    selected = _selected(_request(tick("tables")))
    assert _with(selected, "feeds/") == {*(f"feeds/{feed}" for feed in watched.feeds)}
    at_night = {name for name, table in watched.tables.items() if table.only_at_night}
    assert _with(selected, "lake/") == {f"lake/{table}" for table in watched.tables.keys() - at_night}


def test_no_drop_starts_a_table_that_is_made_at_night(
    watched: Platform, repository: dg.RepositoryDefinition, tick: Tick
) -> None:
    _drop(watched, "office/scans/letter.pdf")  # its handler says that it starts forecasts
    assert not _with(_selected(_request(tick("letters"))), "lake/")
    [forecasts] = [dg.AssetKey(["lake", FORECASTS.name])]
    nightly, drop = repository.get_job("nightly"), repository.get_job("file_drop")
    assert forecasts in nightly.asset_layer.executable_asset_keys
    assert forecasts not in drop.asset_layer.executable_asset_keys


def test_the_first_drop_of_all_builds_everything(tmp_path: Path) -> None:
    platform = platform_of(settings_of(tmp_path))
    _drop(platform, "refunds/jeans.jpg")
    repository = build_defs(platform).get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, repository_def=repository)
        request = _request(repository.get_sensor_def("refund_photos_dropped").evaluate_tick(context))
    assert request.asset_selection is None, "the whole job"
    everything = {
        key.to_user_string() for key in repository.get_job("file_drop").asset_layer.executable_asset_keys
    }
    assert {
        "staging/stg_return_cases",
        "marts/refund_items",
        "staging/stg_sales",
        "marts/sales_daily",
        "published/release",
    } <= everything


def test_files_of_others_do_not_hide_those_of_a_handler(watched: Platform, tick: Tick) -> None:
    """However many photos lie there, the list among them is seen."""
    inbox = watched.lake.inbox / "refunds"
    inbox.mkdir(parents=True)
    for number in range(WATCHED + 1):
        (inbox / f"a{number:04}.jpg").touch()
    _drop(watched, "refunds/manifest.csv")
    assert "feeds/refund_manifests" in _selected(_request(tick("tables")))
