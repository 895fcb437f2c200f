"""Training runs that are killed before each of their writes to the registry, and are run again."""

import itertools
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ml.tracking.reading import champion, versions
from ml.tracking.registry import Registry, Tag
from retail_assets.models.lifecycle import NoCandidate, evaluate_candidate, judge_candidate, train_candidate
from retail_assets.models.spec import GateSettings
from tests.unit.models.forecasts import NAME, ForecastOptions, Windows

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = GateSettings(gate_min_real_examples=5, gate_min_gain=0.01)
WRITES = ("set_model_version_tag", "delete_model_version_tag", "set_registered_model_alias")
WRITTEN = 12
"""By an evaluation of champion and candidate, and a promotion."""


class Killed(BaseException):
    pass


def test_a_run_that_was_killed_before_any_of_its_writes_is_finished(
    registry: Registry, windows: Windows, tmp_path: Path
) -> None:
    """Candidate n is better than the champion, on a holdout of its own, and killed before write n."""
    naive_of = {}

    def evaluate_and_judge() -> None:
        evaluate_candidate(registry, windows.spec, cache=tmp_path)
        judge_candidate(registry, windows.spec, policy=POLICY, at=AT)

    for candidate in range(WRITTEN + 2):
        windows.digest, windows.naive = f"holdout {candidate}", 1.0 + candidate
        naive_of[windows.digest] = windows.naive
        options = ForecastOptions(mase=0.9 - candidate / 50)
        train_candidate(registry, windows.spec, options=options, trained_at=AT, command="test")
        if candidate == 0:  # with no champion beside it
            evaluate_and_judge()
            continue
        with _killed_before(write=candidate) as writes:
            if candidate <= WRITTEN:
                with pytest.raises(Killed):
                    evaluate_and_judge()
            else:
                evaluate_and_judge()
                assert next(writes) == WRITTEN + 1, "every write had its kill"
        _require_whole_facts(registry, naive_of)
        try:
            judge_candidate(registry, windows.spec, policy=POLICY, at=AT)
        except NoCandidate:
            evaluate_and_judge()
        _require_whole_facts(registry, naive_of)
        found = champion(registry, NAME)
        assert found is not None
        assert found.number == candidate + 1
        assert Tag.PROMOTED_AT in found.tags


@contextmanager
def _killed_before(*, write: int) -> Generator[Iterator[int]]:
    from mlflow import MlflowClient

    writes = itertools.count(1)

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object, **named: object) -> Any:
            if next(writes) == write:
                raise Killed
            return method(*arguments, **named)

        return call

    with pytest.MonkeyPatch.context() as patched:
        for name in WRITES:
            patched.setattr(MlflowClient, name, counted(getattr(MlflowClient, name)))
        yield writes


def _require_whole_facts(registry: Registry, naive_of: dict[str, float]) -> None:
    """What says that it was measured or judged has all that belongs to it."""
    for version in versions(registry, NAME):
        tags = version.tags
        if Tag.HOLDOUT in tags:
            assert json.loads(tags[Tag.METRICS])["naive_mase"] == naive_of[tags[Tag.HOLDOUT]]
            assert Tag.EVIDENCE in tags
        if Tag.GATE_OUTCOME in tags:
            assert Tag.GATE_REASON in tags
