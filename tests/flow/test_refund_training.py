"""The life of a model in real runs: trained, judged, promoted by the gate or by a person, taken back."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import numpy as np
import pytest
from PIL import Image

from jobs.train_refund_classifier import JOB_NAME
from ml.tracking.packaged import register_packaged
from ml.tracking.reading import champion, versions
from ml.tracking.registry import PACKAGED
from ml.vision.labels import CLASSES
from retail_assets.config import Settings
from retail_assets.database import create_platform_database
from retail_assets.definitions import build_defs
from retail_assets.feeds.decisions.deciding import decide
from retail_assets.feeds.ledger_export import export_ledger
from retail_assets.lake import Lake
from retail_assets.models.catalogue import REFUND_ITEM_CLASSIFIER, registry_of
from retail_assets.models.choosing import choose_model
from retail_assets.models.tables import REGISTERED_MODEL_VERSIONS
from retail_assets.refunds.candidate import refund_item_candidate
from tests.classifiers import make_registry, tiny_classifier

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
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
def platform(settings: Settings, tmp_path: Path) -> Settings:
    """A platform whose champion, version 1, is no better than a guess."""
    settings = settings.model_copy(update={"gate_min_real_examples": 2})
    create_platform_database(settings)
    export_ledger(settings)
    make_registry(settings)
    packaged = tiny_classifier(tmp_path / "packaged", seed=1)
    register_packaged(registry_of(settings), refund_item_candidate(packaged, PACKAGED), at=AT)
    many = "origin: drawn\nsamples_per_epoch: 400\n"
    _draw(settings.refund_training_folder / "colours", each=5, seed=1, description=many)
    _draw(settings.refund_frozen_folder / "colours", each=2, seed=2, description="origin: drawn\n")
    return settings


def _train(settings: Settings) -> dg.ExecuteInProcessResult:
    job = build_defs(settings).resolve_job_def(JOB_NAME)
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, run_config=QUICK, raise_on_error=False)


def _promote(settings: Settings, subject: str, name: str) -> tuple[bool, str]:
    entry = decide(
        settings=settings,
        as_of=date(2026, 11, 21),
        decision_id=name,
        at=AT,
        actor="admin",
        kind="promote_model",
        subject=subject,
    )
    return entry.accepted, entry.message


def _scores(settings: Settings) -> tuple[str | None, str]:
    chosen = choose_model(settings, REFUND_ITEM_CLASSIFIER)
    return chosen.version, chosen.source


def _metadata(run: dg.ExecuteInProcessResult, asset: str) -> dict:
    (event,) = run.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


def test_the_life_of_a_model(platform: Settings) -> None:
    # Drawn pictures prove nothing: a person has to decide.
    run = _train(platform)
    assert run.success
    assert _metadata(run, "refund_training_data")["train"] == 121  # of 135, a tenth is for validation
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

    # The same pictures, said to be real: the gate promotes by itself.
    (platform.refund_frozen_folder / "colours" / "dataset.yaml").write_text("origin: real\n")
    told = _metadata(_train(platform), "refund_classifier_champion")
    assert told == {
        "version": "refund-item-classifier/3",
        "gate_outcome": "promoted",
        "gate_reason": told["gate_reason"],
    }
    assert _scores(platform) == ("3", "registry")

    # What is rolled back stays rolled back when the gate is asked again.
    assert _promote(platform, "refund-item-classifier/1", "d3")[0]
    with dg.DagsterInstance.ephemeral() as instance:
        gate = build_defs(platform).resolve_job_def(JOB_NAME)
        again = gate.execute_in_process(
            instance=instance, asset_selection=[dg.AssetKey("refund_classifier_champion")]
        )
    assert again.success
    assert champion(registry_of(platform), REFUND_ITEM_CLASSIFIER) == versions(registry_of(platform))[0]

    table = REGISTERED_MODEL_VERSIONS.read(Lake(platform.data_dir), "versions")
    columns = ["version", "alias", "origin", "gate_outcome", "promoted_by"]
    assert table.select(columns).rows() == [
        (1, "champion", "packaged", None, "decision"),
        (2, None, "trained", "insufficient_evidence", "decision"),
        (3, "candidate", "trained", "promoted", "gate"),
    ]

    # A registry that is gone does not stop the scoring.
    (Lake(platform.data_dir).mlflow / "mlflow.db").unlink()
    chosen = choose_model(platform, REFUND_ITEM_CLASSIFIER)
    assert (chosen.version, chosen.source) == (None, "packaged")
    assert "run `make setup`" in (chosen.why_packaged or "")


def test_without_labelled_photos_the_run_says_what_to_do(settings: Settings) -> None:
    create_platform_database(settings)
    export_ledger(settings)
    run = _train(settings)
    assert not run.success
    (failure,) = [event for event in run.all_node_events if event.is_step_failure]
    assert "There are no labelled photos to learn from" in str(failure.event_specific_data)
