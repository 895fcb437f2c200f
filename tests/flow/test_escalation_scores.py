"""The risk of return cases: told when something changed, by the champion or whoever stands in, to operations alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ml.escalation.contract import contract
from ml.escalation.model import NAME, load_model
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.returns import scoring
from retail_assets.returns.known_cases import known_cases
from retail_assets.returns.scoring import Scorer, score_night, scorer_of, the_champion_scored
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Warehouse

NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 1, tzinfo=UTC)
CASES = ("stg_return_events", "+return_cases")
Score = Callable[..., scoring.ScoringReport]


def packaged(_: Platform) -> Scorer:
    return Scorer("packaged", load_model(), "There is no champion.")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


@pytest.fixture
def lake(warehouse: Warehouse) -> LakeBuilder:
    lake = LakeBuilder(warehouse.settings.data_dir)
    lake.load("return_cases", [
        {"case_id": f"R-{n}", "created_at": NOW - timedelta(days=n), "merchant_id": "M-1", "order_value": 40 * n,
         "currency": "EUR", "customer_message": "x" * n}
        for n in range(1, 6)
    ])  # fmt: skip
    return lake


@pytest.fixture
def score(warehouse: Warehouse, lake: LakeBuilder) -> Score:
    def night(as_of: date = AS_OF, resolve: Callable[[Platform], Scorer] = packaged) -> scoring.ScoringReport:
        lake.write_ledger()
        warehouse.build(*CASES, as_of=as_of)
        now = NOW + (as_of - AS_OF)
        return score_night(warehouse.platform, night=as_of, now=now, resolve=resolve)

    return night


def told(warehouse: Warehouse, table: str = "escalation_scores") -> pl.DataFrame:
    folder = warehouse.platform.lake.table_folder(table)
    return pl.read_parquet(folder / "*.parquet").sort("case_id", "scored_at")


def test_only_what_changed_is_told_again(warehouse: Warehouse, lake: LakeBuilder, score: Score) -> None:
    assert (score().scored, score().scored) == (5, 0)
    first = told(warehouse)
    events = [
        {"event_id": "E1", "case_id": "R-2", "at": NOW - timedelta(hours=1), "type": "assigned", "actor": "u-1",
         "actor_role": "ops", "payload": "u-1"},
        # Breaks a rule, so nothing changed.
        {"event_id": "E2", "case_id": "R-3", "at": NOW - timedelta(hours=1), "type": "assigned", "actor": "M-1",
         "actor_role": "merchant", "payload": "u-1"},
    ]  # fmt: skip
    lake.load("return_events", events)
    lake.load(
        "return_cases", [{"case_id": "R-4", "created_at": NOW - timedelta(days=4), "merchant_id": "M-2"}]
    )
    later = AS_OF + timedelta(days=1)
    report = score(later)
    assert (report.scored, report.unchanged) == (2, 3)
    again = told(warehouse)
    assert again.filter(pl.col("scored_on") == later)["case_id"].to_list() == ["R-2", "R-4"]
    assert again.filter(pl.col("scored_on") == AS_OF).equals(first), "what was told stays"
    assert again["score"].is_between(0, 1).all()
    parts = (
        again["base_logit"]
        + again["contributions"].list.eval(pl.element().struct.field("contribution")).list.sum()
    )
    assert ((parts - again["logit"]).abs() < 1e-9).all()
    finding = the_champion_scored(report)
    assert not finding.passed and "There is no champion." in finding.advice


def test_a_case_that_is_again_as_it_once_was_is_told_again(
    warehouse: Warehouse, lake: LakeBuilder, score: Score
) -> None:
    score()
    case = {"case_id": "R-4", "created_at": NOW - timedelta(days=4), "merchant_id": "M-1", "currency": "EUR"}
    mistaken = {"order_value": 9000, "customer_message": "x" * 900}
    for days, values in enumerate((mistaken, {"order_value": 160, "customer_message": "xxxx"}), start=1):
        lake.load("return_cases", [case | values])
        assert score(AS_OF + timedelta(days=days)).scored == 1
    first, second, third = told(warehouse).filter(case_id="R-4")["score"]
    assert third == first != second
    assert score(AS_OF + timedelta(days=3)).scored == 0


def test_a_case_has_the_risk_of_how_it_stands_now(
    warehouse: Warehouse, lake: LakeBuilder, score: Score
) -> None:
    by = {"event_id": "E1", "actor": "u-1", "actor_role": "ops", "payload": "u-1"}
    score()
    assigned = lake.load("return_events", [{"case_id": "R-2", "at": NOW, "type": "assigned", **by}])
    later = AS_OF + timedelta(days=1)
    assert score(later).scored == 1
    lake.withdraw(assigned)
    lake.write_ledger()
    warehouse.build(*CASES, "int_return_risks", as_of=later)
    [(risk,)] = warehouse.rows("select score from intermediate.int_return_risks where case_id = 'R-2'")
    first, second = told(warehouse).filter(case_id="R-2")["score"]
    assert risk == first != second


def test_what_a_case_was_judged_by_stands_beside_its_risk(
    warehouse: Warehouse, lake: LakeBuilder, score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    score()
    by = {"actor": "u-1", "actor_role": "ops"}
    events = [
        {"case_id": "R-2", "at": NOW - timedelta(hours=1), "type": "assigned", "payload": "u-1"},
        # What comes after an outcome changes the row of a case, and is none of what it was judged by.
        {"case_id": "R-5", "at": NOW - timedelta(hours=2), "type": "escalated"},
        {"case_id": "R-5", "at": NOW - timedelta(hours=1), "type": "priority_changed", "payload": "urgent"},
    ]
    lake.load("return_events", [{"event_id": f"E{n}", **by, **event} for n, event in enumerate(events)])
    later = AS_OF + timedelta(days=1)
    with monkeypatch.context() as killed:
        killed.setattr(LakeTable, "write", write_features_alone)
        with pytest.raises(KeyboardInterrupt):
            score(later)
    score(later)
    features = told(warehouse, "return_case_features")
    keys = ["case_id", "scored_on", "scored_at", "scored_moment", "contract_version", "contract_hash"]
    assert features.select(keys).equals(told(warehouse).select(keys)), "each telling once, killed or not"
    assert set(features["contract_hash"]) == {contract().hash}
    of_case = features.filter(case_id="R-2").select("assigned_to", "message_length", "hours_open")
    assert of_case.rows() == [(None, 2, 0), ("u-1", 2, 47)]
    assert features["merchant_id_cases_60d"].to_list() == [4, 3, 4, 2, 1, 0, 0], "by R-1, R-2 (twice), …"
    of_case = features.filter(case_id="R-5").select("priority", "priority_urgent", "hours_open")
    assert of_case.rows() == [("medium", False, 0)] * 2


def write_features_alone(table: LakeTable, lake: Lake, part: str, rows: pl.DataFrame) -> bool:
    """As `LakeTable.write`, in a run that is killed before it writes the scores."""
    if table.name == "escalation_scores":
        raise KeyboardInterrupt
    table.part(lake, part).parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(table.part(lake, part))
    return True


def test_nobody_knows_when_a_case_was_closed_that_its_own_row_closed(
    warehouse: Warehouse, lake: LakeBuilder, score: Score
) -> None:
    opened = NOW - timedelta(days=40)
    lake.load("return_cases", [
        {"case_id": case, "created_at": opened, "status": status}
        for case, status in (("R-8", "approved"), ("R-9", "in_review"))
    ])  # fmt: skip
    lake.load("return_events", [
        {"event_id": f"E-{case}-{days}", "case_id": case, "at": opened + timedelta(days=days), "type": "note_added",
         "actor": "u-1", "actor_role": "ops"}
        for case in ("R-8", "R-9") for days in (-1, 2)
    ])  # fmt: skip
    score()
    found = warehouse.rows(
        "select status, resolved_at from marts.return_cases where case_id in ('R-8', 'R-9') order by case_id"
    )
    assert found == [("approved", None), ("in_review", None)]
    known = known_cases(warehouse.platform, as_of=NOW).cases.sort("case_id")
    assert known["escalated"].to_list()[-2:] == [None, True]


def test_features_of_an_older_contract_stay(warehouse: Warehouse, lake: LakeBuilder, score: Score) -> None:
    score()
    table = scoring.RETURN_CASE_FEATURES
    part = table.part(warehouse.platform.lake, AS_OF.isoformat())
    pl.read_parquet(part).drop("hours_open").with_columns(once_was=pl.lit(1)).write_parquet(part)
    lake.load("return_cases", [{"case_id": "R-9", "created_at": NOW - timedelta(hours=9)}])
    assert score().scored == 1
    found = pl.read_parquet(part)
    assert found.schema == table.schema
    assert found.select("case_id", "hours_open").rows() == [
        *((f"R-{n}", None) for n in range(1, 6)),
        ("R-9", 0),
    ]


def test_a_photo_that_shows_something_else_is_told_of(
    warehouse: Warehouse, lake: LakeBuilder, score: Score
) -> None:
    lake.load("return_cases", [
        {"case_id": case, "created_at": NOW - timedelta(days=2), "item_category": "denim"}
        for case in ("SAME", "OTHER", "CLOSED", "NONE")
    ])  # fmt: skip
    closed = {"event_id": "E1", "case_id": "CLOSED", "at": NOW - timedelta(days=1), "type": "status_changed",
              "actor": "u-1", "actor_role": "ops", "payload": "rejected"}  # fmt: skip
    lake.load("return_events", [closed])
    score()
    shown = {"SAME": "Jeans", "OTHER": "Belts", "CLOSED": "Belts"}
    photos = {lake.drop({}, folder="refunds"): case for case in shown}
    images = [
        {"sequence": n, "folder_case_id": case, "admitted_on": AS_OF, "admitted_at": NOW}
        for n, case in photos.items()
    ]
    predictions = [
        {"sequence": n, "predicted_class": shown[case], "confidence": 0.9} for n, case in photos.items()
    ]
    lake.part("refund_images", AS_OF.isoformat(), images)
    lake.part("refund_item_predictions", AS_OF.isoformat(), predictions)
    jeans = {"item_category": "denim", "class": "Jeans", "position": 1}
    lake.part("refund_item_categories", "categories", [jeans])
    # A case that was closed before its photo came is not told again.
    assert score().scored == 2
    disagrees = (
        "select case_id, photo_disagrees from marts.return_cases where item_category = 'denim' order by 1"
    )
    assert warehouse.rows(disagrees) == [("CLOSED", None), ("NONE", None), ("OTHER", True), ("SAME", False)]
    again = told(warehouse).group_by("case_id", maintain_order=True).last()
    parts = again.explode("contributions").unnest("contributions").filter(code="photo_disagrees")
    said = dict(parts.select("case_id", "contribution").iter_rows())
    assert said["OTHER"] > said["SAME"]
    assert score().scored == 0


def test_without_any_model_the_fixed_rule_tells(
    warehouse: Warehouse, score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    spec = warehouse.platform.models[NAME]
    monkeypatch.setitem(warehouse.platform.models, NAME, replace(spec, packaged=tmp_path / "broken"))
    report = score(resolve=scorer_of)
    assert report.scorer is not None and report.scorer.source == "placeholder"
    rows = told(warehouse)
    assert set(rows["model_source"]) == {"placeholder"} and set(rows["model_version"]) == {"placeholder"}
    assert rows["score"].is_between(0.05, 0.95).all()


def test_operations_alone_see_it(warehouse: Warehouse, lake: LakeBuilder, score: Score) -> None:
    score()
    planted = told(warehouse).with_columns(score=pl.lit(0.1234567891))
    lake.part("escalation_scores", AS_OF.isoformat(), planted.to_dicts())
    lake.write_ledger()
    warehouse.build()
    queue = warehouse.rows(
        "select case_id, risk_score, value_at_risk from marts.ops_queue order by case_id limit 1"
    )
    assert [(case, round(float(score), 9), float(value)) for case, score, value in queue] == [
        ("R-1", 0.123456789, 4.94)
    ]
    trail = "select count(*) from marts.return_audit_trail where origin = 'score'"
    assert warehouse.rows(trail) == [(5,)]
    for name, mart in warehouse.platform.marts.items():
        if not mart.audience.sees_persons:
            assert "0.12345678" not in str(warehouse.table(f"marts.{name}")), name
