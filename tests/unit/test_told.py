"""What goes wrong in a step reaches a person as a sentence."""

import errno
import os
from collections.abc import Iterator

import dagster as dg
import pytest

from retail_assets.config import Settings
from retail_assets.dagster_kit.wiring import told
from retail_assets.errors import ExplainedError
from retail_assets.platform import Platform


def _said_of(platform: Platform, error: Exception) -> list[str | None]:
    """What Dagster shows of a step that returns, and of one that yields, when each raises an error."""

    @dg.op
    @told(platform)
    def plain(context: dg.OpExecutionContext) -> None:
        context.log.info("about to fail")
        raise error

    @dg.op(out={"first": dg.Out(int), "second": dg.Out(int)})
    @told(platform)
    def in_steps() -> Iterator[dg.Output]:
        yield dg.Output(1, "first")
        raise error

    @dg.job
    def both() -> None:
        plain()
        in_steps()

    failures = both.execute_in_process(raise_on_error=False).get_step_failure_events()
    data = [event.step_failure_data.user_failure_data for event in failures]
    assert len(data) == 2
    return [one.description if one else None for one in data]


def test_what_a_person_can_mend_is_a_sentence(settings: Settings) -> None:
    said = _said_of(Platform(settings, []), ExplainedError("Mend the mapping."))
    assert said == ["Mend the mapping."] * 2


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_full_disk_is_explained_whatever_met_it(settings: Settings, wrapped: bool) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    error: Exception = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if wrapped:
        error, error.__cause__ = RuntimeError("it could not be written"), error
    for said in _said_of(Platform(settings, []), error):
        assert said is not None
        assert said.startswith(f"No space left for {settings.data_dir}: ")


def test_a_fault_of_the_platform_keeps_its_traceback(settings: Settings) -> None:
    assert _said_of(Platform(settings, []), ZeroDivisionError()) == [None, None]
