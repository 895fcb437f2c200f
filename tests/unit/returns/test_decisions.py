"""`change_case` is judged against what operations see."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from retail_assets.database import migrate, platform_engine
from retail_assets.decisions.judging import judge
from retail_assets.platform import Platform


def outcome(
    platform: Platform, *decisions: tuple[str, str], payload: str | None = None
) -> list[tuple[bool, str]]:
    rows = [
        {"decision_id": f"D{n}", "at": datetime(2026, 11, 20, tzinfo=UTC), "actor": "admin", "kind": "change_case",
         "subject": subject, "verdict": verdict, "reason": None, "payload": payload}
        for n, (subject, verdict) in enumerate(decisions)
    ]  # fmt: skip
    with platform_engine(platform.settings) as engine, engine.connect() as connection:
        judged = judge(
            connection,
            pl.DataFrame(rows, schema_overrides={"reason": pl.String, "payload": pl.String}),
            kinds=platform.decision_kinds,
            roles=platform.settings.roles,
        )
    return list(judged.select("accepted", "message").iter_rows())


@pytest.fixture
def published(platform: Platform) -> Platform:
    migrate(platform.settings)
    folder = platform.lake.releases / "1" / "operations" / "parquet" / "return_cases"
    folder.mkdir(parents=True)
    platform.lake.published.symlink_to(platform.lake.releases / "1")
    cases = {"case_id": ["R-1", "R-2"], "status": ["submitted", "approved"]}
    pl.DataFrame(cases).write_parquet(folder / "part.parquet")
    return platform


def test_only_what_the_rules_allow(published: Platform) -> None:
    found = outcome(
        published,
        ("R-1", "in_review"), ("R-1", "submitted"), ("R-1", "urgent"), ("R-1", "approved"), ("R-1", "assign"),
        ("R-2", "in_review"), ("R-3", "in_review"),
    )  # fmt: skip
    assert [accepted for accepted, _ in found] == [True, False, True, True, False, False, False]
    assert found[4][1].startswith("change_case does not fit: return case R-1 is approved")
    assert found[6][1] == "There is no return case R-3."


def test_before_anything_is_published(platform: Platform) -> None:
    migrate(platform.settings)
    [(accepted, message)] = outcome(platform, ("R-1", "in_review"))
    assert not accepted and "make nightly" in message


@pytest.mark.parametrize(
    ("payload", "accepted"),
    [
        ('{"assigned_to": "u-5"}', True),
        (None, False),
        ("u-5", False),
        ("{assigned_to: 'u-5'}", False),
        ('{"assigned_to": " "}', False),
        ('{"assigned_to": ["u-5"]}', False),
        ("[" * 100_000, False),
        (json.dumps({"assigned_to": "u" * 200}), True),
        (json.dumps({"assigned_to": "u" * 201}), False),
        (r'{"assigned_to": "\ud800"}', False),
        (r'{"assigned_to": "u\u0000"}', False),
    ],
)
def test_a_case_is_given_to_somebody(published: Platform, payload: str | None, accepted: bool) -> None:
    [(found, message)] = outcome(published, ("R-1", "assign"), payload=payload)
    assert found == accepted
    assert accepted or "says who gets the case" in message
