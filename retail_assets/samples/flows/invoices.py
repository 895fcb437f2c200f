"""Invoices of suppliers, as they come in: PDFs, e-invoices, mails, an archive and scans. What the first night tells on
purpose stands in `invoice_cases`; here is what comes every night.

They come last of all files, so that the numbers of others do not hang on how many there are.
"""

import polars as pl

from retail_assets.samples.drops import Drops
from retail_assets.samples.flows import invoice_cases
from retail_assets.samples.flows.invoice_bills import (
    GERMAN,
    Delivered,
    billed,
    deliveries,
)
from retail_assets.samples.flows.invoice_delivery import CONFIRMED, Delivery, file_stem, written_at
from retail_assets.samples.papers import envelopes
from retail_assets.samples.sample import Sample

DAYS_OF_INVOICES = 4
"""The first night finds the invoices of the deliveries of so many days."""
DAYS_OF_CASES = 60
"""Where those are too few for all that the first night tells, it goes back so far."""
MOST_A_NIGHT = 3
"""Of later nights, for each store but the web shop."""


def write(sample: Sample, drops: Drops) -> None:
    """The invoices of one night."""
    arrived, end = deliveries(sample), sample.periods[-1].end
    delivery = Delivery(sample, drops)
    if not sample.first_night:
        most = MOST_A_NIGHT * (sample.plan.size.stores - 1)
        for one in billed(sample, arrived.filter(pl.col("arrived") == end - 1))[:most]:
            _ordinary(delivery, one)
        return
    lately = billed(sample, arrived.filter(pl.col("arrived") >= end - DAYS_OF_CASES))
    for one in invoice_cases.write(sample, drops, delivery, lately):
        if one.arrived >= end - DAYS_OF_INVOICES:
            _ordinary(delivery, one)


def _ordinary(delivery: Delivery, one: Delivered) -> None:
    """As most come: a PDF, of one supplier an e-invoice."""
    name = f"{file_stem(one.bill)}.pdf"
    as_file = envelopes.hybrid if one.habit == GERMAN else envelopes.pdf
    delivery.add(name, as_file(one.bill, written_at(one.bill)), (name, one, CONFIRMED))
