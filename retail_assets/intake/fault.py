"""One file that its reader did not foresee must not stop the night: it alone goes to quarantine."""

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from retail_assets.error_classification import is_the_machines
from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Handler, Identity
from retail_assets.intake.ledger_tables import Drop
from retail_assets.intake.readable import require_plain_name
from retail_assets.names import printable_record

logger = logging.getLogger(__name__)
logger.addFilter(printable_record)  # errors quote files


def reader_failed(drop: Drop, error: Exception) -> Unreadable:
    """How a drop ends whose reading raised an error. One that is the machine's is raised again.

    The error's own text stays in the run's log: it may quote the file, and analysts read the ledger.
    """
    if isinstance(error, Unreadable):
        return error
    if is_the_machines(error):
        raise error
    logger.error("Reading drop %s (%s/%s) failed.", drop.sequence, drop.folder, drop.name, exc_info=error)
    return Unreadable(
        "reader_failed",
        f"Reading failed unexpectedly ({type(error).__name__}); the run's log says where. The bytes are kept: "
        "once the cause is mended, release_file reads them again.",
    )


@contextmanager
def costing_one_file(drop: Drop) -> Generator[None]:
    """Raise what reading a drop raises as Unreadable, unless the machine is at fault."""
    try:
        yield
    except Unreadable:
        raise
    except Exception as error:
        raise reader_failed(drop, error) from error


def identified(drops: Sequence[Drop], handler: Handler) -> tuple[dict[int, Identity], dict[int, Unreadable]]:
    """What makes stored drops the same to their handler, and of the others why they cannot be read; by sequence."""
    identities: dict[int, Identity] = {}
    refusals: dict[int, Unreadable] = {}
    for drop in drops:
        try:
            require_plain_name(drop)
            with costing_one_file(drop):
                identities[drop.sequence] = handler.identify(drop)
        except Unreadable as refusal:
            refusals[drop.sequence] = refusal
    return identities, refusals
