"""What a run tells a terminal."""

import logging

import dagster as dg
import pytest

from retail_assets.command_run import _Steps
from retail_assets.config import Settings
from retail_assets.definitions import defs
from retail_assets.kit.terminal import Terminal

CLEARS, NAMES, ASKS = "\x1b[2J", "\x1b]0;gone\x07", "\x9b5n"


@dg.op
def quotes(context: dg.OpExecutionContext) -> None:
    context.log.warning(f"A file is called {CLEARS}.")
    raise ValueError(f"It holds {NAMES}{ASKS}")


@dg.job
def quoting() -> None:
    quotes()


def test_what_is_quoted_gives_the_terminal_no_orders(
    settings: Settings, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "_loggerClass", logging.Logger)
    monkeypatch.setenv("RETAIL_DATA_DIR", str(settings.data_dir))
    defs()  # as Dagster does it in every process that runs something
    assert not quoting.execute_in_process(raise_on_error=False).success
    told = capfd.readouterr().err
    assert r"called \x1b[2J." in told and r"It holds \x1b]0;gone\x07\x9b5n" in told
    assert not [order for order in (CLEARS, NAMES, ASKS) if order in told]


@pytest.mark.parametrize("took", ["0.83ms", "533ms", "2.1s", "4m52s", "1h4m"])
def test_a_step_is_told_however_long_it_took(took: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = f'nightly - 7c - 12 - warehouse - STEP_SUCCESS - Finished execution of step "warehouse" in {took}.'
    _Steps(Terminal()).emit(logging.LogRecord("command", logging.DEBUG, "", 0, text, (), None))
    told = capsys.readouterr()
    assert (told.out + told.err).split() == ["warehouse", took]
