"""A ledger and a lake that are not of one platform are not worked with."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from retail_assets.config import Settings
from retail_assets.intake.identity import WrongLedger, require_same_platform
from retail_assets.platform import Platform
from retail_assets.warehouse.publication import publish
from tests.plain_platform import FIRST, NIGHT, SECOND, PlainPlatform


@pytest.fixture
def loaded(settings: Settings) -> PlainPlatform:
    plain = PlainPlatform(settings)
    plain.drop("a.csv", FIRST)
    plain.admit()
    return plain


def _without_ledger(data: Path) -> None:
    for file in data.glob("platform.db*"):
        file.unlink()


def _without_lake(data: Path) -> None:
    shutil.rmtree(data / "lake")


def _without_ids(data: Path) -> None:
    """As an earlier version left them, with a ledger that was made anew."""
    _without_ledger(data)
    (data / "lake" / "platform-id").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_without_ledger, "holds files that the platform database knows nothing of"),
        (_without_ids, "holds files that the platform database knows nothing of"),
        (_without_lake, "holds none of their files"),
    ],
)
def test_what_was_lost_stops_admission_and_publication(
    loaded: PlainPlatform, platform: Platform, damage: Callable[[Path], None], said: str
) -> None:
    damage(loaded.lake.root)
    waiting = loaded.drop("b.csv", SECOND)
    with pytest.raises(WrongLedger, match=said):
        loaded.admit()
    assert waiting.exists()
    with pytest.raises(WrongLedger, match=said):
        publish(platform=platform, as_of=NIGHT, run_id="r")


def test_the_ledger_of_another_platform_stops_everything(loaded: PlainPlatform, tmp_path: Path) -> None:
    other = PlainPlatform(loaded.settings.model_copy(update={"data_dir": tmp_path / "other"}))
    other.drop("a.csv", FIRST)
    other.admit()
    mixed = loaded.settings.model_copy(
        update={"platform_url": f"sqlite:///{other.lake.root / 'platform.db'}"}
    )
    with pytest.raises(WrongLedger, match="RETAIL_PLATFORM_URL and RETAIL_DATA_DIR"):
        require_same_platform(mixed)


def test_a_platform_of_an_earlier_version_gets_its_id(loaded: PlainPlatform) -> None:
    loaded.lake.identity_file.unlink()
    require_same_platform(loaded.settings)
    assert loaded.lake.identity_file.exists()
    loaded.drop("b.csv", SECOND)
    loaded.admit()
    assert loaded.states() == ["loaded", "loaded"]
