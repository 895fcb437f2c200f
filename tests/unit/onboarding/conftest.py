"""The command line of feeds, run in this process with a data folder that does not exist."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from retail_assets.config import Settings
from retail_assets.feeds.onboarding.commands import main
from retail_assets.flows import platform_of

FEEDS = platform_of(Settings()).feeds


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; usage errors come back as their exit code too."""
    monkeypatch.setenv("RETAIL_DATA_DIR", str(tmp_path / "platform"))

    def run_command(*arguments: object) -> Said:
        try:
            code = main(platform_of(Settings()), [str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run_command


@pytest.fixture
def propose(run: Run, tmp_path: Path):
    """The proposal for a file of this content."""

    def proposed(
        content: str | bytes, *, feed: str = "sales", name: str = "shop_north_2026-11-26.csv"
    ) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        said = run("propose", path, "--feed", feed)
        assert said.code == 0, said.err
        return said.out

    return proposed
