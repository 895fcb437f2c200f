"""A sample, what is true of it, and how much of that the platform finds."""

from datetime import timedelta

import polars as pl

from retail_assets.platform import Platform
from retail_assets.samples.drops import Drops
from retail_assets.samples.sample import Sample
from retail_assets.samples.truth import Truth, TruthFound, compare


def write_sample(sample: Sample, drops: Drops) -> None:
    """Two stores of two merchants, two days; one report that cannot be read."""
    end = sample.plan.as_of - timedelta(days=1)
    rows = [
        (store, merchant, end - timedelta(days=ago), visitors)
        for store, merchant, counts in (("S1", "M1", (120, 80)), ("S2", "M2", (30, 260)))
        for ago, visitors in enumerate(counts)
    ]
    at = sample.file_time(sample.periods[-1], 1, 50)
    for store, merchant, day, visitors in rows:
        content = f"{store};{merchant};{day};{visitors}\n".encode()
        drops.add("doors/gates", f"{store}/{day}.gate", content, at=at)
    drops.add("doors/gates", "noise.gate", b"%%%", at=at)
    schema = {"store_id": pl.String, "merchant_id": pl.String, "business_date": pl.Date, "visitors": pl.Int64}
    drops.keep_truth("gates/reports", pl.DataFrame(rows, schema=schema, orient="row"))


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Days of stores whose visitors are exact in gate_visits."""
    query = """
        select
            concat_ws(' ', told.store_id, told.business_date) as name,
            coalesce(visits.visitors = told.visitors, false) as found
        from told left join gate_visits as visits using (store_id, business_date)
    """
    return [compare(platform, "gates", "days of stores, visitors exact", query, told=truth("gates/reports"))]
