"""Which flows write files, in order. A flow of its own (invoices, shelf photos) is a module with a
`write(sample, drops)` and a line here; it may read what earlier flows staged and told.
"""

from collections.abc import Callable

from retail_assets.samples.drops import Drops
from retail_assets.samples.flows import (
    counts,
    decisions,
    master,
    mistakes,
    movements,
    purchasing,
    refund_photos,
    returns,
    tills,
    web,
)
from retail_assets.samples.sample import Sample

FLOWS: dict[str, Callable[[Sample, Drops], None]] = {
    "master data": master.write,
    "tills": tills.write,
    "web shop": web.write,
    "counts": counts.write,
    "movements": movements.write,
    "purchasing": purchasing.write,
    "returns": returns.write,
    "refund photos": refund_photos.write,
    # These two last: the one spoils what the others wrote, the other decides about it.
    "mistakes": mistakes.write,
    "decisions": decisions.write,
}
