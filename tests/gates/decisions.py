"""What people decide about gates."""

import polars as pl
from sqlalchemy import Connection

from retail_assets.decisions.files import drops_named
from retail_assets.decisions.kinds import ADMINISTRATOR, Kind, Subject
from retail_assets.platform import Platform
from tests.gates.handler import FOLDER


def decision_kinds(_: Platform) -> list[Kind]:
    def states(connection: Connection, subjects: pl.Series) -> pl.DataFrame:
        found, refused = drops_named(connection, subjects)
        counted = [(subject, "counted") for subject, drop in found.items() if drop.folder == FOLDER]
        schema = {"subject": pl.String, "state": pl.String}
        return pl.concat([pl.DataFrame(counted, schema=schema, orient="row"), refused], how="diagonal")

    return [
        Kind(
            name="judge_gate",
            about=Subject("gate report", states, described="Sequence number of the report (17)."),
            description="Say that a gate was broken, so that its report does not count.",
            roles=frozenset({ADMINISTRATOR}),
            transitions={verdict: {"counted": "counted"} for verdict in ("broken", "fine")},
            effect="Gate report {label} is {verdict}.",
            example={"subject": "17", "verdict": "broken"},
        )
    ]
