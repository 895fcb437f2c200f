"""Commands that messages and the guide print run as they are printed."""

import re
import shlex
from datetime import date
from pathlib import Path

import pytest

from retail_assets.config import REPOSITORY, Settings
from retail_assets.feeds.came_in import feed_findings
from retail_assets.flows import platform_of
from retail_assets.intake.admission import admit
from retail_assets.lake import Lake
from tests.unit.onboarding.conftest import Run

COMMAND = re.escape(".venv/bin/python -m retail_assets.feeds")


@pytest.fixture
def lake(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """The platform's folders, beside the one in which the commands are typed."""
    lake = Lake(Settings().data_dir)
    lake.sources.mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return lake


def typed(text: str) -> list[str]:
    """The arguments of the command in a text."""
    command = re.search(rf"{COMMAND} ([^`\n]*)", text)
    assert command, text
    return shlex.split(command[1])


def test_propose_ends_with_what_to_type_next(run: Run, lake: Lake) -> None:
    Path("our shops 1.csv").write_text("store_id,name\nS1,One\n")
    proposed = run("propose", "our shops 1.csv", "--feed", "stores").out
    saved = re.search(r"# Save this as data/sources/(.*)\.$", proposed, re.MULTILINE)
    assert saved
    (lake.sources / saved[1]).write_text(proposed)
    said = run(*typed(proposed))
    assert (said.code, "our_shops" in said.out) == (0, True)
    written = run("propose", "our shops 1.csv", "--feed", "stores", "--out", "a name.yaml").out
    assert run(*typed(written)).code == 0


def test_what_a_check_advises_can_be_typed(run: Run, lake: Lake) -> None:
    platform, night = platform_of(Settings()), date(2026, 11, 20)
    bad = lake.inbox / "feeds" / "stores" / "bad.csv"
    bad.parent.mkdir(parents=True)
    bad.write_text("nothing\n1\n")
    bad.with_name("bad.csv.done").touch()
    admit(settings=platform.settings, handlers=platform.handlers(), as_of=night)
    stores = platform.feeds["stores"]
    found = feed_findings(platform, platform.handlers(), [stores], night)["stores"]
    assert not found.passed
    Path("FILE").write_text("store_id,name\nS1,One\n")
    assert run(*typed(found.advice)).code == 0


def test_the_guide_can_be_typed(run: Run, lake: Lake) -> None:
    Path("EXPORT.csv").write_text("Bon,Pos,Artikel,Datum,Menge,Preis\n1,1,P1,2026-11-19 10:00,2,1.5\n")
    guide = (REPOSITORY / "docs" / "bring-a-source.md").read_text()
    propose, trying = (shlex.split(found) for found in re.findall(rf"`{COMMAND} ([^`]*)`", guide))
    mapping = run(*propose).out
    assert "source: EXPORT" in mapping
    filled = mapping.replace("store_id: {constant: }", "store_id: {constant: S1}")
    (lake.sources / "NAME.yaml").write_text(
        filled.replace("currency: {constant: }", "currency: {constant: EUR}")
    )
    assert run(*trying).code == 0
