"""Deciding without a file at hand: as a person, and as the platform itself."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_assets.decisions import deciding
from retail_assets.decisions.deciding import decide, decide_automatically
from retail_assets.decisions.kinds import AUTO, Decision
from retail_assets.platform import Platform
from tests.plain_platform import NIGHT, PlainPlatform

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
STORES = "store_id,name\nS1,One\n"


@pytest.fixture
def real(platform: Platform) -> PlainPlatform:
    """A platform with all flows and one loaded file."""
    plain = PlainPlatform(platform.settings, platform.handlers())
    plain.drop("stores.csv", STORES, folder="stores")
    plain.admit()
    return plain


def _own(*ids: str, subject: str = "1", kind: str = "withdraw_file") -> pl.DataFrame:
    return pl.DataFrame({"decision_id": ids, "at": AT, "kind": kind, "subject": subject})


def _decide_automatically(real: PlainPlatform, decisions: pl.DataFrame) -> None:
    decide_automatically(settings=real.settings, handlers=real.handlers, as_of=NIGHT, decisions=decisions)


def _log(real: PlainPlatform) -> list[tuple]:
    return real.table("decisions").select("decision_id", "actor", "accepted", "state_after").rows()


def test_nobody_decides_as_the_platform(real: PlainPlatform) -> None:
    decision = Decision("d1", AT, AUTO, "withdraw_file", "1")
    entry = decide(settings=real.settings, handlers=real.handlers, as_of=NIGHT, decision=decision)
    assert not entry.accepted
    assert entry.message == "auto is the platform itself: nobody decides under that name."
    assert real.states()[0] == "loaded"


def test_no_file_decides_as_the_platform_whatever_it_is_called(real: PlainPlatform, tmp_path: Path) -> None:
    _own("d1").with_columns(actor=pl.lit(AUTO)).write_parquet(tmp_path / "x.parquet")
    real.drop("automatic.parquet", (tmp_path / "x.parquet").read_bytes(), folder="decisions")
    real.admit()
    assert _log(real) == [("d1", AUTO, False, None)]
    assert real.states() == ["loaded", "loaded"]


def test_the_platform_decides_as_itself_and_once(real: PlainPlatform) -> None:
    _decide_automatically(real, _own("d1"))
    _decide_automatically(real, _own("d1"))
    assert _log(real) == [("d1", AUTO, True, "withdrawn")]
    assert real.states()[0] == "withdrawn"
    own = real.table("drops").filter(folder="decisions")
    assert own["by_platform"].to_list() == [True, True]
    assert own["state"].to_list() == ["loaded", "duplicate"]
    assert real.inbox() == [] and real.discrepancies() == []


def test_a_person_can_decide_otherwise_afterwards(real: PlainPlatform) -> None:
    _decide_automatically(real, _own("d1"))
    assert real.decide("release_file", 1, number=2).accepted
    _decide_automatically(real, _own("d1", "d3"))
    assert [entry[:3] for entry in _log(real)] == [
        ("d1", AUTO, True),
        ("d2", "admin", True),
        ("d3", AUTO, True),
    ]


def test_a_run_that_is_killed_before_it_admits_loses_no_decision(
    real: PlainPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(deciding, "admit", _killed)
        with pytest.raises(KeyboardInterrupt):
            _decide_automatically(real, _own("d1"))
    real.admit()
    _decide_automatically(real, _own("d1"))
    assert _log(real) == [("d1", AUTO, True, "withdrawn")]


def _killed(**_: object) -> None:
    raise KeyboardInterrupt


def test_a_decision_that_does_not_fit_its_contract_did_not_come_in(real: PlainPlatform) -> None:
    decision = Decision("d1", AT, "admin", "withdraw_file", "x" * 300)
    entry = decide(settings=real.settings, handlers=real.handlers, as_of=NIGHT, decision=decision)
    assert (entry.accepted, entry.message) == (False, "It did not come in; see rejected_rows.")


def test_a_chain_in_one_file_ends_where_one_by_one_would(real: PlainPlatform) -> None:
    rows = [
        "d1,2026-11-20T09:00:00Z,admin,withdraw_file,1",
        "d2,2026-11-20T09:00:01Z,admin,release_file,1",
        "d3,2026-11-20T09:00:02Z,admin,withdraw_file,1",
    ]
    real.drop("d.csv", "decision_id,at,actor,kind,subject\n" + "\n".join(rows) + "\n", folder="decisions")
    real.admit()
    assert _log(real) == [
        ("d1", "admin", True, "withdrawn"),
        ("d2", "admin", True, "stored"),
        ("d3", "admin", False, None),
    ]
    assert real.states()[0] == "loaded", "released, and read again in the same run"
