"""Who launched a run: written down when it is submitted, so that nobody can launch one as somebody else."""

from datetime import date

import dagster as dg
from dagster import DagsterRun, QueuedRunCoordinator

from retail_assets.config import Settings
from retail_assets.dagster_kit.private import PARTITION_TAG, SubmitRunContext
from retail_assets.partitions import require_night, today

LOGIN_TAG = "retail/login"
"""The tag with the name that the login in front of the UI gave; empty where none did."""


class NamingRunCoordinator(QueuedRunCoordinator):
    """Dagster's queue; what the launcher says about their name is replaced by what their login says.

    `deploy/dagster.yaml` names it. Schedules and sensors submit without a login. Whoever launches can write any night
    into the tags of a run: those that have not come are refused, as commands refuse them.
    """

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        settings = Settings()
        if night := context.dagster_run.tags.get(PARTITION_TAG):
            require_night(settings, date.fromisoformat(night), newest=today(settings.zone))
        header = settings.login_header
        name = context.get_request_header(header) if header else None
        if name or LOGIN_TAG in context.dagster_run.tags:
            self._instance.add_run_tags(context.dagster_run.run_id, {LOGIN_TAG: _as_written(name or "")})
        return super().submit_run(context)


def _as_written(header: str) -> str:
    """A name as the login wrote it: servers read headers as Latin-1, and names are written in UTF-8.

    Empty for one with blanks around it or control characters: a reader of decisions drops them and finds another name.
    """
    try:
        name = header.encode("latin-1").decode()
    except UnicodeError:
        name = header
    return name if name.isprintable() and name == name.strip() else ""


def actor_of(context: dg.OpExecutionContext, settings: Settings) -> str:
    """Who decides in a run: behind a login the person whom it named, else whoever is RETAIL_LOCAL_ACTOR.

    Raises dagster.Failure when there is a login and the run does not come from it.
    """
    if settings.login_header is None:
        return settings.local_actor
    named = isinstance(context.instance.run_coordinator, NamingRunCoordinator)
    if named and (name := context.run.tags.get(LOGIN_TAG)):
        return name
    raise dg.Failure(
        f"Nobody is named by {settings.login_header}. Launch the decision in the UI, behind its login"
        + (
            "."
            if named
            else ", and take `run_coordinator` from deploy/dagster.yaml into the one in DAGSTER_HOME."
        ),
        allow_retries=False,
    )
