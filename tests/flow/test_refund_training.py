"""The life of a model in real runs: trained, judged, promoted by the gate or by a person, taken back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import numpy as np
import pytest
from PIL import Image

from ml.tracking.packaged import register_packaged
from ml.tracking.reading import champion, versions
from ml.tracking.registry import ORIGIN_PACKAGED
from ml.vision.labels import CLASSES
from retail_assets.config import Settings
from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.definitions import build_defs
from retail_assets.flows import FLOWS
from retail_assets.intake.ledger_export import export_ledger
from retail_assets.model_registry.tables import REGISTERED_MODEL_VERSIONS
from retail_assets.models.resolve import resolve_model
from retail_assets.models.spec import GateSettings, registry_of
from retail_assets.platform import Platform
from retail_assets.refunds.model import REFUND_ITEM_CLASSIFIER, describe
from retail_assets.refunds.settings import RefundSettings
from tests.classifiers import make_registry, tiny_classifier

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
JOB = "train_refund_classifier"
QUICK = {"ops": {"refund_classifier_candidate": {"config": {"quick": True}}}}


def _draw(folder: Path, *, each: int, seed: int, description: str) -> None:
    """Plain colours, one for each class: what a network learns in seconds."""
    rng = np.random.default_rng(seed)
    for index, name in enumerate(CLASSES):
        colour = np.array([index % 3, index // 3 % 3, index // 9]) * 100 + 25
        (folder / name).mkdir(parents=True)
        for number in range(each):
            noise = rng.integers(-20, 21, (32, 24, 3))
            pixels = (colour + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    (folder / "dataset.yaml").write_text(description)


@pytest.fixture
def platform(settings: Settings) -> Platform:
    """A platform whose gate asks for two examples of each class."""
    platform = Platform(settings, FLOWS, own={GateSettings: GateSettings(gate_min_real_examples=2)})
    export_ledger(settings)
    return platform


@pytest.fixture
def job(platform: Platform) -> dg.JobDefinition:
    return build_defs(platform).resolve_job_def(JOB)


@dataclass(frozen=True)
class Datasets:
    teaches: Path
    judges: Path


@pytest.fixture
def datasets(platform: Platform, tmp_path: Path) -> Datasets:
    """Drawn pictures, and a champion, version 1, that is no better than a guess."""
    make_registry(platform.settings)
    packaged = tiny_classifier(tmp_path / "packaged", seed=1)
    register_packaged(registry_of(platform.settings), describe(packaged, ORIGIN_PACKAGED), at=AT)
    own, root = platform.settings_of(RefundSettings), platform.lake.root
    found = Datasets(own.training_folder(root) / "colours", own.holdout_folder(root) / "colours")
    _draw(found.teaches, each=5, seed=1, description="origin: drawn\nsamples_per_epoch: 64\n")
    _draw(found.judges, each=2, seed=2, description="origin: drawn\n")
    return found


def _run(job: dg.JobDefinition, asset: str | None = None) -> dg.ExecuteInProcessResult:
    """Run all of a training, or one of its assets."""
    selection = [dg.AssetKey(["models", asset])] if asset else None
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            instance=instance,
            run_config=None if asset else QUICK,
            asset_selection=selection,
            raise_on_error=False,
        )


def _promote(platform: Platform, subject: str, name: str) -> tuple[bool, str]:
    entry = decide(
        settings=platform.settings,
        handlers=platform.handlers(),
        as_of=date(2026, 11, 21),
        decision=Decision(name, AT, "admin", "promote_model", subject),
    )
    return entry.accepted, entry.message


def _scores(platform: Platform) -> tuple[str | None, str]:
    """Version and source of the model that would score now."""
    spec = platform.models[REFUND_ITEM_CLASSIFIER]
    found = resolve_model(platform.settings, spec, lambda _, version: version, unusable=())
    return found.loaded, found.source


def _metadata(run: dg.ExecuteInProcessResult, asset: str) -> dict:
    (event,) = run.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


def _photos(examples: list[dg.TableRecord], split: str) -> int:
    return sum(int(record.data["photos"] or 0) for record in examples if record.data["split"] == split)


def test_the_life_of_a_model(platform: Platform, job: dg.JobDefinition, datasets: Datasets) -> None:
    # Drawn pictures prove nothing: a person has to decide.
    run = _run(job)
    assert run.success
    examples = _metadata(run, "refund_classifier_training_data")["examples"].records
    photos = {split: _photos(examples, split) for split in ("train", "validation", "holdout")}
    assert photos == {"train": 121, "validation": 14, "holdout": 54}
    told = _metadata(run, "refund_classifier_champion")
    assert told["gate_outcome"] == "insufficient_evidence"
    assert "promote_model" in told["gate_reason"]
    shown = _metadata(run, "refund_classifier_evaluation")
    assert shown["version"] == "refund-item-classifier/2"
    assert all("data:image/png;base64," in shown[name] for name in ("confusion", "reliability"))
    assert _scores(platform) == ("1", "registry")

    # A person promotes, and takes it back.
    assert _promote(platform, "refund-item-classifier/2", "d1")[0]
    assert _scores(platform) == ("2", "registry")
    assert _promote(platform, "refund-item-classifier/1", "d2")[0]
    assert _scores(platform) == ("1", "registry")
    for subject, why in (
        ("refund-item-classifier/9", "no version 9 of refund-item-classifier; it has: 1, 2"),
        ("prices/1", "no version 1 of prices; it has: none"),
        ("refund-item-classifier", "must be model/version"),
    ):
        accepted, message = _promote(platform, subject, f"d {subject}")
        assert not accepted
        assert why in message

    # The same pictures, said to be real, and a model that learns more from them: the gate promotes by itself.
    (datasets.judges / "dataset.yaml").write_text("origin: real\n")
    (datasets.teaches / "dataset.yaml").write_text("samples_per_epoch: 200\n")
    told = _metadata(_run(job), "refund_classifier_champion")
    assert told == {
        "version": "refund-item-classifier/3",
        "gate_outcome": "promoted",
        "gate_reason": told["gate_reason"],
    }
    assert _scores(platform) == ("3", "registry")

    # What is rolled back stays rolled back when the gate is asked again.
    assert _promote(platform, "refund-item-classifier/1", "d3")[0]
    assert _run(job, "refund_classifier_champion").success
    registry = registry_of(platform.settings)
    assert champion(registry, REFUND_ITEM_CLASSIFIER) == versions(registry)[0]

    table = REGISTERED_MODEL_VERSIONS.read(platform.lake, "versions")
    columns = ["version", "alias", "origin", "gate_outcome", "promoted_by"]
    assert table.select(columns).rows() == [
        (1, "champion", "packaged", None, "decision"),
        (2, None, "trained", "insufficient_evidence", "decision"),
        (3, "candidate", "trained", "promoted", "gate"),
    ]

    # A registry that is gone does not stop the scoring.
    (platform.lake.mlflow / "mlflow.db").unlink()
    assert _scores(platform) == (None, "packaged")


def test_without_labelled_photos_the_run_says_what_to_do(job: dg.JobDefinition) -> None:
    run = _run(job)
    assert not run.success
    (failure,) = [event for event in run.all_node_events if event.is_step_failure]
    assert "There are no labelled photos to learn from" in str(failure.event_specific_data)
