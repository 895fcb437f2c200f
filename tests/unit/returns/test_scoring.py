"""What a risk is told from, whatever is told beside it."""

import polars as pl

from ml.escalation.cases import normalised
from ml.escalation.contract import contract
from ml.escalation.events import normalised_events
from ml.escalation.features import case_features
from ml.escalation.generate import generate
from ml.escalation.labels import WINDOW_DAYS
from ml.escalation.model import load_model
from retail_assets.returns.known_cases import KnownCases
from retail_assets.returns.scoring import Scorer
from tests.unit.escalation.conftest import NOW


def test_a_night_that_tells_all_cases_tells_the_open_ones_as_any_other_night_would() -> None:
    made = generate(600, seed=3, until=NOW)
    known = KnownCases(normalised(made.cases), normalised_events(made.events), NOW, WINDOW_DAYS)
    open_cases = known.cases.filter(pl.col("escalated").is_null())

    def told(cases: pl.DataFrame) -> pl.DataFrame:
        features = case_features(cases, contract=contract(), known=known.cases, events=known.events)
        return Scorer("packaged", load_model()).scores(cases, features, known).sort("case_id")

    alone, among_all = told(open_cases), told(known.cases)
    assert among_all["case_id"].to_list() == known.cases["case_id"].sort().to_list()
    assert among_all.join(open_cases, on="case_id", how="semi").equals(alone)
    assert alone["logit"].n_unique() > 10
