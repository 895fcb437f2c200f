"""Decision jobs, one per kind: what the decisions inbox takes as a file, launched by hand from the UI."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from retail_assets.dagster_kit.run_coordinator import actor_of
from retail_assets.dagster_kit.wiring import Night, told
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from retail_assets.decisions.kinds import Kind


def decision_jobs(platform: Platform) -> list[dg.JobDefinition]:
    return [_job(platform, kind) for kind in platform.decision_kinds.values()]


def job_name(kind: str) -> str:
    return f"decide_{kind}"


def _job(platform: Platform, kind: "Kind") -> dg.JobDefinition:
    @dg.op(
        name=kind.name,
        description="Record the decision in the log and apply it, or refuse it with a sentence.",
        config_schema=_fields_of(kind),
    )
    @told(platform)
    def decide(context: dg.OpExecutionContext) -> None:
        from retail_assets.decisions import deciding
        from retail_assets.decisions.kinds import Decision

        night = Night(context, platform)
        given = {name: value for name, value in context.op_config.items() if value}
        decision = Decision(
            decision_id=context.run_id,
            at=night.run_started,
            actor=actor_of(context, platform.settings),
            kind=kind.name,
            **given,
        )
        entry = deciding.decide(
            settings=platform.settings,
            handlers=platform.handlers(),
            as_of=night.as_of,
            decision=decision,
        )
        if not entry.accepted:
            raise dg.Failure(entry.message, allow_retries=False)
        for line in (entry.message, *entry.also):
            context.log.info(line)

    @dg.job(
        name=job_name(kind.name),
        description=f"{kind.description} May be decided by: {', '.join(sorted(kind.roles))}.{_example(kind)}",
        config=_template(kind),
        tags={"retail/decision": kind.name},
    )
    def decide_() -> None:
        decide()

    return decide_


def _fields_of(kind: "Kind") -> dict[str, dg.Field]:
    """The fields of a decision of this kind, with its verdicts as choices.

    Not as `dg.Config`: its texts may be `{env: NAME}`, and whoever launches a run would read the platform's passwords.
    """
    fields = {
        "subject": dg.Field(dg.String, description=kind.about.described),
        "reason": dg.Field(dg.String, default_value="", description="Why; kept in the log, not published."),
        "payload": dg.Field(dg.String, default_value="", description="Further details as JSON."),
    }
    if kind.verdicts:
        verdicts = dg.Enum(f"{kind.name}_verdict", [dg.EnumValue(verdict) for verdict in kind.verdicts])
        fields["verdict"] = dg.Field(verdicts, description="What is decided.")
    return fields


def _template(kind: "Kind") -> dict[str, Any]:
    """What the Launchpad starts with. Its subject names nothing, so that launching it unchanged decides nothing."""
    config = {"subject": f"… {kind.about.described}", "reason": ""}
    if kind.verdicts:
        config["verdict"] = kind.verdicts[0]
    return {"ops": {kind.name: {"config": config}}}


def _example(kind: "Kind") -> str:
    if not kind.example:
        return ""
    lines = "\n".join(f"      {name}: {value!r}" for name, value in kind.example.items())
    return f"\n\nFor example:\n\n```yaml\nops:\n  {kind.name}:\n    config:\n{lines}\n```"
