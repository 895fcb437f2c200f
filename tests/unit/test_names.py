"""Names of files, and of what flows bring."""

import logging
from dataclasses import replace

import pytest

from retail_assets.config import FlowSettings, Settings
from retail_assets.decisions.kinds import Kind, Subject
from retail_assets.flows import FLOWS
from retail_assets.intake.handlers import Handler, Handlers, Inbox
from retail_assets.names import NameTaken, in_order, is_plain, printable, printable_record
from retail_assets.platform import Flow, Platform
from tests.gates.flow import FLOW as GATES

TAKEN = "tests.unit.test_names"


def test_names_stand_in_the_order_in_which_people_count() -> None:
    ordered = ["", "7", "k.csv", "k_9.csv", "k_09.csv", "k_10.csv", "k_10a.csv", "k_b.csv", "٣.csv"]
    mixed = ["k_10a.csv", "k_09.csv", "٣.csv", "k_b.csv", "k_10.csv", "", "k_9.csv", "k.csv", "7"]
    assert sorted(mixed, key=in_order) == [*ordered[:3], "k_09.csv", "k_9.csv", *ordered[5:]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain ünïcode 🛒.csv", "plain ünïcode 🛒.csv"),
        ("line\nbreak.csv", "line\\nbreak.csv"),
        ("caf\udce9.csv", "caf\\xe9.csv"),
        ("right\u202eto left.csv", "right\\u202eto left.csv"),
    ],
)
def test_any_name_has_a_printable_form(name: str, text: str) -> None:
    assert printable(name) == text
    assert is_plain(name) == (name == text)


def test_names_that_other_systems_read_as_paths_are_not_plain() -> None:
    assert not is_plain("..\\..\\windows\\system.ini")


# What flows bring


class WindowSettings(FlowSettings):
    window_days: int = 7


def same_subject(_: Platform) -> list[Kind]:
    """Another kind of decision, about something that calls itself a gate report, too."""
    about = Subject("gate report", lambda connection, subjects: subjects.to_frame())
    return [Kind("close_gate", about, "", frozenset(), {}, "")]


def other_folder_handler(platform: Platform) -> Handler:
    """Reads another folder under the name of a folder of the gates."""
    return replace(_gates(platform), name="doors", inboxes=(Inbox("gates", platform.lake.inbox / "other"),))


def misnamed_handler(platform: Platform) -> Handler:
    return replace(_gates(platform), name="doors")


def _gates(platform: Platform) -> Handler:
    from tests.gates.handler import gate_handler

    return gate_handler(platform)


def _other(**brought: object) -> Flow:
    return Flow(name="other", description="", **brought)  # ty: ignore[invalid-argument-type]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Flow("gates", ""), "gates and gates both have the flow gates"),
        (_other(feeds=FLOWS[1].feeds[:1]), "sales and other both have the feed sales"),
        (
            _other(feeds=(replace(FLOWS[1].feeds[0], name="more", inbox="elsewhere"),)),
            "sales and other both have the inbox folder sales",
        ),
        (
            _other(feeds=(replace(FLOWS[1].feeds[0], name="more", folder="more"),)),
            "sales and other both have the place in the inbox feeds/sales",
        ),
        (_other(tables=GATES.tables[:1]), "gates and other both have the computed table gate_counts"),
        (_other(marts=GATES.marts[:1]), "gates and other both have the mart gate_visits"),
        (_other(handlers=GATES.handlers), "gates and other both have the handler gates"),
        (
            _other(settings=WindowSettings),
            "sales and other both have the environment variable RETAIL_WINDOW_DAYS",
        ),
    ],
)
def test_a_name_that_two_flows_use_is_refused_when_they_are_registered(
    settings: Settings, other: Flow, said: str
) -> None:
    with pytest.raises(NameTaken, match=f"^{said}: give one of them another.$"):
        Platform(settings, [*FLOWS, GATES, other])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (_other(decisions=GATES.decisions), "gates and other both have the kind of decision judge_gate"),
        (
            _other(decisions=f"{TAKEN}:same_subject"),
            "gates and other both have the subject of decisions gate report",
        ),
        (
            _other(handlers={"doors": f"{TAKEN}:other_folder_handler"}),
            "gates and doors both have the inbox folder gates",
        ),
        (
            _other(handlers={"doorways": f"{TAKEN}:misnamed_handler"}),
            "The handler doors is registered as doorways",
        ),
        (_other(models="retail_assets.refunds.model:models"), "refunds and other both have the model"),
    ],
)
def test_a_name_that_the_code_of_two_flows_uses_is_refused_at_set_up(
    settings: Settings, other: Flow, said: str
) -> None:
    Platform(settings, [*FLOWS, GATES]).require_distinct_names()
    with pytest.raises(NameTaken, match=f"^{said}"):
        Platform(settings, [*FLOWS, GATES, other]).require_distinct_names()


@pytest.mark.parametrize("inner", ["gates", "gates/inner", "gates/inner/most"])
def test_an_inbox_within_another_is_refused(settings: Settings, inner: str) -> None:
    handler = _gates(Platform(settings, [GATES]))
    path = handler.inboxes[0].path.parent / inner
    with pytest.raises(NameTaken, match=r"The inbox folder .* lies in .* a drop of both"):
        Handlers([handler, replace(handler, name="inner", inboxes=(Inbox("inner", path),))])


def test_a_log_takes_no_orders_and_no_records_from_what_it_tells() -> None:
    try:
        raise ValueError("broken\x1b[2J\nat the second line")
    except ValueError as error:
        told = logging.makeLogRecord(
            {"msg": "file %s\nis broken", "args": ("\x1b]0;x\x07",), "exc_info": (ValueError, error, None)}
        )
    assert printable_record(told)
    assert logging.Formatter().format(told) == (
        "file \\x1b]0;x\\x07\n    is broken\n    ValueError: broken\\x1b[2J\n    at the second line"
    )
