"""The decision about models: which version scores. Promoting an older version again is rolling back."""

from sqlalchemy import Connection

from ml.tracking.champion import set_champion
from ml.tracking.reading import find_version
from ml.tracking.registry import RegistryUnreachable, UnknownVersion, Version
from retail_assets.config import Settings
from retail_assets.feeds.decisions.kinds import Decision, Kind, Refused
from retail_assets.models.catalogue import registry_of

MAY_DECIDE = frozenset({"administrator", "operations"})
DECIDE_AGAIN = "Then decide again, under another decision_id."
REGISTERED, CHAMPION = "registered", "champion"


def model_kinds(settings: Settings) -> list[Kind]:
    """The kinds of decision about the models in the platform's registry."""
    registry = registry_of(settings)

    def version(subject: str) -> Version:
        model, _, number = subject.rpartition("/")
        if not (model and number.isascii() and number.isdigit() and len(number) < 10):
            raise Refused(
                f"The subject must be model/version, as in model_versions (refund-item-classifier/3); found "
                f"{subject[:80]!r}."
            )
        try:
            return find_version(registry, model, int(number))
        except UnknownVersion as error:
            raise Refused(str(error)) from error
        except RegistryUnreachable as error:
            raise Refused(f"{error} {DECIDE_AGAIN}") from error

    def state(_: Connection, subject: str) -> str:
        return CHAMPION if version(subject).is_champion else REGISTERED

    def promote(_: Connection, decision: Decision, __: str) -> str:
        chosen = version(decision.subject)
        try:
            set_champion(registry, chosen.model, chosen.number, by="decision", at=decision.at)
        except RegistryUnreachable as error:
            raise Refused(f"{error} {DECIDE_AGAIN}") from error
        return f"{chosen} is champion: it scores what comes from now on."

    return [
        Kind(
            name="promote_model",
            about="model version",
            description="Make a registered version of a model the champion, an older one too. Subject: "
            "model/version, as in model_versions.",
            roles=MAY_DECIDE,
            # The alias is moved before the log is written; killed between the two, it is decided once more.
            transitions={None: {REGISTERED: CHAMPION, CHAMPION: CHAMPION}},
            state=state,
            effect=promote,
        )
    ]
