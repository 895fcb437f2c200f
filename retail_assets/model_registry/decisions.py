"""The decision about models: which version scores. Promoting an older version again is rolling back."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ml.tracking.registry import Registry, RegistryUnreachable, UnknownVersion
from retail_assets.decisions.kinds import ADMINISTRATOR, OPERATIONS, Kind, Subject
from retail_assets.models.spec import registry_of
from retail_assets.platform import Platform

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Connection

DECIDE_AGAIN = "Then decide again, under another decision_id."
REGISTERED, CHAMPION = "registered", "champion"


def decision_kinds(platform: Platform) -> list[Kind]:
    """The kinds of decision about the models in the platform's registry."""
    registry = registry_of(platform.settings)

    def states(_: "Connection", subjects: "pl.Series") -> "pl.DataFrame":
        import polars as pl

        schema = dict.fromkeys(["subject", "state", "refusal"], pl.String)
        return pl.DataFrame(_states(registry, subjects), schema=schema, orient="row")

    def apply(_: "Connection", accepted: "pl.DataFrame") -> dict[str, str]:
        from ml.tracking.champion import set_champion

        refused = {}
        for decision_id, subject, at in accepted.select("decision_id", "subject", "at").iter_rows():
            model, _, number = subject.rpartition("/")
            try:
                set_champion(registry, model, int(number), by="decision", at=at)
            except (RegistryUnreachable, UnknownVersion) as error:
                refused[decision_id] = f"{error} {DECIDE_AGAIN}"
        return refused

    version = Subject(
        "model version",
        states,
        apply,
        described="model/version, as in the mart model_versions (refund-item-classifier/3).",
    )
    promote = Kind(
        name="promote_model",
        about=version,
        description="Make a registered version of a model the champion, an older one too.",
        roles=frozenset({ADMINISTRATOR, OPERATIONS}),
        # The alias is moved before the log is written; killed between the two, it is decided once more.
        transitions={None: {REGISTERED: CHAMPION, CHAMPION: CHAMPION}},
        effect="{label} is champion: it scores what comes from now on.",
        example={
            "subject": "refund-item-classifier/1",
            "reason": "The newer one is worse on our own photos.",
        },
    )
    return [promote]


def _states(registry: Registry, subjects: Iterable[str]) -> list[tuple[str, str | None, str | None]]:
    """Of each subject the state of the version that it names, or why there is none."""
    from ml.tracking.reading import pick, versions

    try:
        there = versions(registry)
    except RegistryUnreachable as error:
        return [(subject, None, f"{error} {DECIDE_AGAIN}") for subject in subjects]
    rows: list[tuple[str, str | None, str | None]] = []
    for subject in subjects:
        model, _, number = subject.rpartition("/")
        if not (model and number.isascii() and number.isdigit() and len(number) < 10):
            expected = "The subject must be model/version, as in model_versions (refund-item-classifier/3)"
            rows.append((subject, None, f"{expected}; found {subject[:80]!r}."))
            continue
        try:
            version = pick(there, model, int(number))
            rows.append((subject, CHAMPION if version.is_champion else REGISTERED, None))
        except UnknownVersion as error:
            rows.append((subject, None, str(error)))
    return rows
