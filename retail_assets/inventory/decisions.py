"""The decisions about proposed orders and transfers: people approve, cut or reject them; what is ordered goes to
purchasing, and what is not sent is bought.

A proposal can be decided while it is one of the newest night's, and changed until it is placed. What was approved of an
earlier night can only be taken back: a newer night proposed anew what is needed, and both would be ordered.
"""

import json
from collections.abc import Collection
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from retail_assets.decisions.kinds import ADMINISTRATOR, OPERATIONS, Decision, Kind, Subject
from retail_assets.inventory.states import (
    APPROVE_ORDER,
    APPROVE_TRANSFER,
    APPROVED,
    APPROVED_BEFORE,
    CUT,
    CUT_ORDER,
    PLACED,
    PROPOSED,
    REJECT_ORDER,
    REJECT_TRANSFER,
    REJECTED,
    state_of_order,
)
from retail_assets.inventory.tables import (
    NEWEST,
    PLACED_ORDER_LINES,
    REORDER_POINTS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Connection

    from retail_assets.kit.lake_table import LakeTable
    from retail_assets.lake import Lake
    from retail_assets.platform import Platform

EXAMPLE, EXAMPLE_TRANSFER = "RO-20261120-S01:P0005", "TR-20261120-S01:S02:P0005"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet runs."""
OUT_OF_DATE = "{} is out of date: decide about what the newest night proposed."
ROLES = frozenset({ADMINISTRATOR, OPERATIONS})


def decision_kinds(platform: "Platform") -> list[Kind]:
    return [*_order_kinds(platform), *_transfer_kinds(platform)]


def _order_kinds(platform: "Platform") -> list[Kind]:
    kinds: list[Kind] = []

    def states(connection: "Connection", subjects: "pl.Series") -> "pl.DataFrame":
        return proposal_states(connection, platform.lake, subjects, kinds)

    def apply(_: "Connection", decided: "pl.DataFrame") -> dict[str, str]:
        return refused_cuts(platform.lake, decided)

    about = Subject(
        "proposed order",
        states,
        apply,
        described=f"Proposal, as in the mart reorder_proposals ({EXAMPLE}).",
    )
    kinds += [
        Kind(
            name=APPROVE_ORDER,
            about=about,
            description="Order what is proposed.",
            roles=ROLES,
            transitions={None: dict.fromkeys((PROPOSED, CUT, REJECTED), APPROVED)},
            effect="{label} is approved and goes to purchasing.",
            lacking=_a_quantity,
            example={"subject": EXAMPLE},
        ),
        Kind(
            name=CUT_ORDER,
            about=about,
            description='Order less than is proposed: the payload says how much ({"quantity": 24}), in whole packs. '
            "The rest is not proposed again in RETAIL_REPLENISH_CUT_DAYS, unless much more is needed.",
            roles=ROLES,
            transitions={None: dict.fromkeys((PROPOSED, APPROVED, CUT, REJECTED), CUT)},
            effect="{label} is cut and goes to purchasing.",
            lacking=_no_quantity,
            example={"subject": EXAMPLE, "payload": '{"quantity": 24}'},
        ),
        Kind(
            name=REJECT_ORDER,
            about=about,
            description="Do not order what is proposed, nor propose it again in RETAIL_REPLENISH_REJECTED_DAYS, unless "
            "much more of it is needed, or another supplier is chosen.",
            roles=ROLES,
            transitions={None: dict.fromkeys((PROPOSED, APPROVED, CUT, APPROVED_BEFORE), REJECTED)},
            effect="{label} is rejected.",
            example={"subject": EXAMPLE, "reason": "The range is being changed."},
        ),
    ]
    return kinds


def _transfer_kinds(platform: "Platform") -> list[Kind]:
    kinds: list[Kind] = []

    def states(connection: "Connection", subjects: "pl.Series") -> "pl.DataFrame":
        return transfer_states(connection, platform.lake, subjects, kinds)

    about = Subject(
        "proposed transfer",
        states,
        described=f"Proposal, as in the mart transfer_proposals ({EXAMPLE_TRANSFER}).",
    )
    kinds += [
        Kind(
            name=APPROVE_TRANSFER,
            about=about,
            description="Send what is proposed; whoever sends it books it.",
            roles=ROLES,
            transitions={None: dict.fromkeys((PROPOSED, REJECTED), APPROVED)},
            effect="{label} is approved: it is to be sent and booked.",
            example={"subject": EXAMPLE_TRANSFER},
        ),
        Kind(
            name=REJECT_TRANSFER,
            about=about,
            description="Do not send it: what the store lacks is bought for RETAIL_REPLENISH_REJECTED_DAYS.",
            roles=ROLES,
            transitions={None: dict.fromkeys((PROPOSED, APPROVED, APPROVED_BEFORE), REJECTED)},
            effect="{label} is rejected: from the next night on what the store lacks is bought.",
            example={"subject": EXAMPLE_TRANSFER, "reason": "The way is too long."},
        ),
    ]
    return kinds


def last_decisions(platform: "Platform", kinds: Collection[str]) -> "pl.DataFrame":
    """What was last decided about each subject of some kinds: subject, state, payload."""
    import polars as pl
    from sqlalchemy import select

    from retail_assets.database import platform_engine, reading
    from retail_assets.intake.ledger_tables import DECISIONS

    query = (
        select(DECISIONS.c.subject, DECISIONS.c.state_after, DECISIONS.c.payload)
        .where(DECISIONS.c.kind.in_(kinds), DECISIONS.c.accepted)
        .order_by(DECISIONS.c.entry)
    )
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        last = {row.subject: tuple(row) for row in connection.execute(query)}
    schema = dict.fromkeys(["subject", "state", "payload"], pl.String)
    return pl.DataFrame(list(last.values()), schema=schema, orient="row")


def cut_quantity(payload: str | None) -> Decimal | None:
    """The units that a payload states, above 0 and of three places at most; None where it states none."""
    try:
        said = json.loads(payload or "null", parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    stated = said.get("quantity") if isinstance(said, dict) else None
    if isinstance(stated, bool) or not isinstance(stated, int | Decimal):
        return None
    units = Decimal(stated)
    if not (units.is_finite() and 0 < units < 10**12) or units != round(units, 3):
        return None
    return units


def proposal_states(
    connection: "Connection", lake: "Lake", subjects: "pl.Series", kinds: list[Kind]
) -> "pl.DataFrame":
    """State of each proposed order that is asked for; see `Subject.states`."""
    import polars as pl

    from retail_assets.decisions.log import folded_states

    asked, newest = _named(REORDER_PROPOSALS, "proposal_id", lake, subjects), _newest_night(lake)
    decided = folded_states(connection, kinds=kinds, subjects=asked["proposal_id"].to_list())
    placed = set(_named(PLACED_ORDER_LINES, "proposal_id", lake, asked["proposal_id"])["proposal_id"])
    rows = []
    columns = ["proposal_id", "planned_on", "supplier_id", "store_id", "product_id"]
    for proposal, night, supplier, *ids in asked.select(columns).iter_rows():
        state, refusal = state_of_order(decided.get(proposal), is_placed=proposal in placed), None
        if state == PLACED:
            pass
        elif supplier is None:
            state = None
            refusal = (
                f"Nobody is known to supply what {proposal} is about: give the product a supplier or terms."
            )
        elif any(one.startswith(FORMULA) for one in (supplier, *ids)):
            state = None
            refusal = f"A spreadsheet would take an id of {proposal} for a formula: order it by hand."
        elif night != newest:
            state, refusal = _of_another_night(state, proposal)
        rows.append((proposal, state, proposal, refusal))
    schema = dict.fromkeys(["subject", "state", "label", "refusal"], pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def refused_cuts(lake: "Lake", decided: "pl.DataFrame") -> dict[str, str]:
    """Of accepted decisions the ids of those that cut to a quantity that cannot be ordered, with a sentence."""
    cuts = decided.filter(kind=CUT_ORDER)
    proposals = {
        row["proposal_id"]: row
        for row in _named(REORDER_PROPOSALS, "proposal_id", lake, cuts["subject"]).iter_rows(named=True)
    }
    found = {}
    for decision_id, subject, payload in cuts.select("decision_id", "subject", "payload").iter_rows():
        proposal, units = proposals[subject], cut_quantity(payload)
        pack, least, proposed = (
            proposal[name] for name in ("pack_size", "min_order_quantity", "order_quantity")
        )
        if units is None or units >= proposed:
            found[decision_id] = (
                f"{subject} proposes {proposed.normalize():f}: cut it to less, or approve it."
            )
        elif units % pack:
            found[decision_id] = f"{subject} comes in packs of {pack.normalize():f}: order whole ones."
        elif units < least:
            found[decision_id] = (
                f"The supplier of {subject} accepts no less than {least.normalize():f}: reject it."
            )
    return found


def transfer_states(
    connection: "Connection", lake: "Lake", subjects: "pl.Series", kinds: list[Kind]
) -> "pl.DataFrame":
    """State of each proposed transfer that is asked for; see `Subject.states`."""
    import polars as pl

    from retail_assets.decisions.log import folded_states

    asked, newest = _named(TRANSFER_PROPOSALS, "transfer_id", lake, subjects), _newest_night(lake)
    decided = folded_states(connection, kinds=kinds, subjects=asked["transfer_id"].to_list())
    rows = []
    for transfer, night in asked.select("transfer_id", "planned_on").iter_rows():
        state, refusal = decided.get(transfer, PROPOSED), None
        if night != newest:
            state, refusal = _of_another_night(state, transfer)
        rows.append((transfer, state, transfer, refusal))
    schema = dict.fromkeys(["subject", "state", "label", "refusal"], pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _of_another_night(state: str, subject: str) -> tuple[str | None, str | None]:
    """State and refusal of what is not of the newest night and is not placed."""
    if state in (APPROVED, CUT):
        return APPROVED_BEFORE, None
    return None, OUT_OF_DATE.format(subject)


def _newest_night(lake: "Lake") -> Any:
    return REORDER_POINTS.read(lake, NEWEST)["planned_on"].max()


def _named(table: "LakeTable", column: str, lake: "Lake", subjects: "pl.Series") -> "pl.DataFrame":
    """The rows of a table, of any night that is kept, that some subjects name."""
    import polars as pl

    wanted = pl.col(column).is_in(subjects.unique().implode())
    parts = (pl.scan_parquet(path, glob=False) for path in table.parts(lake))
    return pl.concat([table.empty().lazy(), *(part.filter(wanted) for part in parts)]).collect()


def _no_quantity(decision: Decision) -> str | None:
    if cut_quantity(decision.payload) is not None:
        return None
    return (
        f'{CUT_ORDER} needs a payload that says how many units are left, as JSON: {{"quantity": 24}}. '
        f"What is not to be ordered at all needs {REJECT_ORDER}."
    )


def _a_quantity(decision: Decision) -> str | None:
    if cut_quantity(decision.payload) is None:
        return None
    return f"{APPROVE_ORDER} orders all that is proposed, whatever its payload says: {CUT_ORDER} orders less."
