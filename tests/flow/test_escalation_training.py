"""The life of the escalation risk: trained on the platform's cases, judged on the newest of them, promoted, scoring."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest

from ml.escalation.__main__ import main as escalation
from ml.escalation.endpoint import describe as described_unseen
from ml.escalation.generate import generate
from ml.escalation.linear import sigmoid
from ml.escalation.model import NAME, load_model, read_card, save_model
from ml.tracking.champion import fetch_model, set_champion
from ml.tracking.reading import champion
from ml.tracking.registering import register
from ml.tracking.registry import ORIGIN_TRAINED
from retail_assets.config import FlowSettings, Settings
from retail_assets.database import migrate
from retail_assets.definitions import build_defs
from retail_assets.flows import FLOWS, platform_of
from retail_assets.model_registry.commands import main as models
from retail_assets.models.setup import register_packaged_models
from retail_assets.models.spec import GateSettings, registry_of
from retail_assets.platform import Platform
from retail_assets.returns.scoring import score_night, scorer_of, the_champion_scored
from retail_assets.returns.settings import ReturnSettings
from retail_assets.returns.training import BACKTESTS, labelled_cases
from tests.classifiers import make_registry
from tests.lake_builder import LakeBuilder
from tests.prepared import copy_platform
from tests.warehouse import AS_OF, Builds

NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 1, tzinfo=UTC)
JOB = "train_escalation_risk"
MODELS = ("return_cases", "return_case_history", "stg_merchants")
CASES = [
    "case_id", "created_at", "merchant_id", "store_id", "product_id", "item_category", "return_reason", "customer_id",
    "channel", "customer_message", "order_value", "currency", "delivery_date", "priority",
]  # fmt: skip


def drop_cases(lake: LakeBuilder, rows: int) -> None:
    """Made-up cases of another world than the packaged model's: cheap ones of the web escalate."""
    cases = generate(rows, seed=3, until=NOW, days=120).cases.sample(fraction=1, shuffle=True, seed=1)
    logits = (
        2.5 * (cases["channel"] == "web").to_numpy() - 1.5 * (cases["order_value"].log() - 4.3).to_numpy() - 2
    )
    escalates = np.random.default_rng(1).random(rows) < sigmoid(logits)
    ends = cases.select(
        "case_id",
        event_id=pl.format("E-{}", "case_id"),
        at=pl.col("created_at") + pl.duration(hours=20),
        type=pl.when(pl.Series(escalates)).then(pl.lit("escalated")).otherwise(pl.lit("status_changed")),
        actor=pl.lit("u-1"),
        actor_role=pl.lit("ops"),
        payload=pl.when(~pl.Series(escalates)).then(pl.lit("approved")),
    ).filter(pl.col("at") <= NOW)
    lake.load("return_cases", cases.select(CASES).to_dicts())
    lake.load("return_events", ends.to_dicts())
    merchants = cases["merchant_id"].unique().sort()
    lake.load("merchants", [{"merchant_id": m, "display_name": m, "region": "north"} for m in merchants])
    lake.write_ledger()


def built(folder: Path, rows: int) -> Path:
    lake = LakeBuilder(folder)
    drop_cases(lake, rows)
    assert Builds(lake, *MODELS).build().problem is None
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform with cases of four months, a registry, and the packaged model as its champion."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "dagster").mkdir()
    platform = LakeBuilder(built(folder / "data", rows=2000)).platform
    make_registry(platform.settings)
    register_packaged_models(platform.settings, [platform.models[NAME]])
    return folder


@pytest.fixture
def platform(prepared: Path, tmp_path: Path) -> Platform:
    folder = copy_platform(prepared, tmp_path)
    return with_settings(platform_of(Settings(data_dir=folder / "data")))


def with_settings(platform: Platform, **gate: Any) -> Platform:
    """The same platform, which looks at few days."""
    own: dict[type[FlowSettings], FlowSettings] = {
        GateSettings: GateSettings(**gate),
        ReturnSettings: ReturnSettings(return_drift_days=14),
    }
    return Platform(platform.settings, FLOWS, own=own)


def train(platform: Platform, asset: str | None = None, **gate: Any) -> dg.ExecuteInProcessResult:
    """Run the job, or one of its assets."""
    job = build_defs(with_settings(platform, **gate)).resolve_job_def(JOB)
    selection = [dg.AssetKey(["models", asset])] if asset else None
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, asset_selection=selection, raise_on_error=False)


class Watch:
    """The weekly look at drift, and the sensor that trains."""

    def __init__(self, platform: Platform, instance: dg.DagsterInstance) -> None:
        self.repository, self.instance = build_defs(platform).get_repository_def(), instance

    def look(self) -> tuple[dg.AssetCheckEvaluation, dict[str, Any]]:
        run = self.repository.get_job("weekly_drift").execute_in_process(instance=self.instance)
        found = {one.asset_key.path[-1]: one for one in run.get_asset_check_evaluations()}
        return found["escalation_risk_drift"], metadata(run, "drift")

    def asked(self) -> list[str | None]:
        """Keys of the runs that the sensor asks for."""
        sensor = self.repository.get_sensor_def("escalation_risk_drifted")
        with dg.build_sensor_context(self.instance, repository_def=self.repository) as context:
            requests = sensor.evaluate_tick(context).run_requests or []
        assert sensor.job_name == JOB and all(one.partition_key is None for one in requests)
        return [one.run_key for one in requests]


@pytest.fixture
def watch(platform: Platform) -> Iterator[Watch]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Watch(platform, instance)


def metadata(run: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    [event] = run.asset_materializations_for_node(f"escalation_risk_{asset}")
    return {name: value.value for name, value in event.metadata.items()}


def failure(run: dg.ExecuteInProcessResult) -> str:
    [failed] = [event for event in run.all_node_events if event.is_step_failure]
    return str(failed.event_specific_data)


def test_trained_judged_promoted_and_scoring(platform: Platform, watch: Watch) -> None:
    assert watch.asked() == []
    assert watch.look()[0].passed, "nothing was told yet"
    assert score_night(platform, night=AS_OF, now=NOW).scorer is not None
    evaluation, shown = watch.look()
    assert not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.WARN
    told = str(evaluation.description)
    assert "assigned_to_missing" in told and "launch train_escalation_risk" in told
    assert shown["drift"].startswith("![drift](data:image/png;base64,") and shown["largest"] > 0.25
    assert {"score", "base_rate", "order_value"} <= {row.data["name"] for row in shown["psi"].records}
    [asked] = watch.asked()
    assert watch.asked() == [asked], "of one warning it is asked once"
    few = train(platform, gate_min_real_examples=10_000)
    assert metadata(few, "champion")["gate_outcome"] == "insufficient_evidence"
    assert scorer_of(platform).source == "registry"

    run = train(platform)
    assert run.success
    told = metadata(run, "champion")
    assert told["gate_outcome"] == "promoted", told["gate_reason"]
    shown = metadata(run, "evaluation")
    assert shown["auc"] > 0.75 and shown["naive_auc"] == 0.5 and shown["ece"] < 0.1
    assert 0 < shown["recall_at_review"] < 1
    assert all("data:image/png;base64," in shown[name] for name in ("reliability", "roc", "reasons"))
    fair = [row.data for row in shown["fairness"].records]
    assert {row["slice"] for row in fair} >= {"region"}
    assert {row["value"] for row in fair if row["slice"] == "region"} == {"north"}
    counted = [
        (row.data["outcome"], row.data["escalated"])
        for row in metadata(run, "training_data")["examples"].records
    ]
    assert ("newest: the holdout", True) in counted and ("not known yet", None) in counted

    version = champion(registry_of(platform.settings), NAME)
    assert version is not None and version.number == 3
    folder = fetch_model(registry_of(platform.settings), version, cache=platform.lake.work_folder("models"))
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".json", ".parquet", ".md"}
    # What scores has learned from everything, what was judged from nothing that came after the holdout began.
    cases = labelled_cases(platform)
    starts = [start for start, _ in cases.weeks()]
    assert starts[0] == cases.holdout_start and len(starts) == 4
    assert datetime.fromisoformat(read_card(folder)["trained_at"]) == NOW
    assert load_model(folder).history["escalated"].count() == cases.labelled.height
    backtests = {start: folder / BACKTESTS / f"{start:%Y-%m-%d}" for start in starts}
    assert {*backtests.values()} == {*(folder / BACKTESTS).iterdir()}
    for start, backtest in backtests.items():
        assert datetime.fromisoformat(read_card(backtest)["trained_at"]) == start
        assert load_model(backtest).history.filter(pl.col("created_at") > start).is_empty()

    # It tells what comes from now on; a registry that is away, or a model of other features, does not stop that.
    def told_anew() -> tuple[str, str, str | None]:
        (platform.lake.table_folder("escalation_scores") / f"{AS_OF.isoformat()}.parquet").unlink()
        report = score_night(platform, night=AS_OF, now=NOW)
        assert report.scorer is not None
        [source], [version] = set(report.told["model_source"]), set(report.told["model_version"])
        assert the_champion_scored(report).passed == (source == "registry")
        return source, version, report.scorer.why

    assert told_anew() == ("registry", "3", None)
    evaluation, shown = watch.look()
    assert evaluation.passed and shown["model"] == "3"
    assert watch.asked() == []
    packaged = load_model().version
    register_with_other_features(platform, folder)
    source, version, why = told_anew()
    assert (source, version) == ("packaged", packaged)
    assert (
        why is not None and "The champion, version 4, cannot be loaded" in why and "feature contract" in why
    )
    (platform.lake.mlflow / "mlflow.db").unlink()
    source, version, why = told_anew()
    assert (source, version) == ("packaged", packaged)
    assert why is not None and "There is no model registry" in why


def register_with_other_features(platform: Platform, folder: Path) -> None:
    """A champion whose contract is none of this code's, as another release may have left it."""
    model = load_model(folder)
    other = replace(model, contract=model.contract.model_copy(update={"version": 1}))
    card = {name: value for name, value in read_card(folder).items() if name != "sha256"}
    save_model(other, card, folder)
    registry = registry_of(platform.settings)
    version = register(registry, described_unseen(folder, ORIGIN_TRAINED))
    set_champion(registry, NAME, version.number, by="decision", at=NOW)


def test_too_few_cases_end_the_training_with_a_sentence(tmp_path: Path) -> None:
    platform = LakeBuilder(built(tmp_path / "data", rows=30)).platform
    make_registry(platform.settings)
    said = failure(train(platform))
    assert "are too few to learn from; it takes 20 of each" in said


def test_before_the_first_night_the_training_says_what_to_run(tmp_path: Path) -> None:
    empty = platform_of(Settings(data_dir=tmp_path / "data"))
    migrate(empty.settings)
    assert "No night has run yet" in failure(train(empty))


def test_a_model_of_the_command_line_becomes_a_candidate(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = labelled_cases(platform)
    cases.known.unlabelled.write_parquet(tmp_path / "cases.parquet")
    events = cases.known.events.with_columns(payload=pl.struct("to", "kind"))
    events.write_parquet(tmp_path / "events.parquet")
    words = ["train", tmp_path / "cases.parquet", "--events", tmp_path / "events.parquet", "--as-of"]
    before = cases.holdout_start.isoformat()
    assert escalation([str(word) for word in (*words, before, "--out", tmp_path / "model")]) == 0

    assert models(platform, ["register", NAME, str(tmp_path / "model")]) == 0
    assert f"{NAME}/2 is the candidate" in capsys.readouterr().out
    for step in ("escalation_risk_evaluation", "escalation_risk_champion"):
        run = train(platform, step)
    assert metadata(run, "champion")["gate_outcome"] == "promoted"

    for words, why in (
        (["register", "prices", str(tmp_path)], "There is no model prices; there are: "),
        (["register", NAME, str(tmp_path / "none")], "holds no usable model"),
    ):
        assert models(platform, words) == 1
        assert why in capsys.readouterr().err
    bare_card = json.dumps({"sha256": read_card(tmp_path / "model")["sha256"]})
    for file, text in (("card.json", bare_card), ("model.json", "{}")):
        (tmp_path / "model" / file).write_text(text)
        assert models(platform, ["register", NAME, str(tmp_path / "model")]) == 1
        assert str(tmp_path / "model") in capsys.readouterr().err
