"""The file of business hours: what it says, and what is said of one that cannot be used."""

from datetime import date
from pathlib import Path

import pytest

from retail_assets.returns.calendar import BadCalendar, Calendar
from retail_assets.returns.settings import ReturnSettings, UnknownStatus


def read(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Calendar | None:
    file = folder / "hours.yaml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("RETAIL_SLA_CALENDAR", str(file))
    return ReturnSettings().sla_calendar


def test_hours_and_holidays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "hours:\n  saturday: 13:00 - 16:00, 10:00-12:00\n  monday: 00:00-24:00\nholidays: [2026-12-24]\n"
    calendar = read(tmp_path, text, monkeypatch)
    assert calendar == Calendar(((1, 0, 1440), (6, 600, 720), (6, 780, 960)), (date(2026, 12, 24),))


def test_public_holidays_of_a_country_or_a_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def holidays(code: str) -> tuple[date, ...]:
        calendar = read(tmp_path, f"hours: {{monday: 09:00-17:00}}\nholidays_of: {code}\n", monkeypatch)
        assert calendar is not None
        return calendar.holidays

    women, unity = date(2026, 3, 8), date(2026, 10, 3)
    assert unity in holidays("DE") and women not in holidays("DE")
    assert {unity, women} <= set(holidays("DE-BE"))


@pytest.mark.parametrize("unset", ["", None])
def test_by_default_all_hours_count(monkeypatch: pytest.MonkeyPatch, unset: str | None) -> None:
    if unset is None:
        monkeypatch.delenv("RETAIL_SLA_CALENDAR", raising=False)
    else:
        monkeypatch.setenv("RETAIL_SLA_CALENDAR", unset)
    assert ReturnSettings().sla_calendar is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- monday", "must hold lines like `hours: …`"),
        ("hours: {monday: 9-17}", "hours like 09:00-17:00"),
        ("hours: {mondy: 09:00-17:00}", "Did you mean monday?"),
        ("hours: {monday: 17:00-09:00}", "closes before it opens"),
        ("hours: {monday: 20:00-25:00}", "after 24:00"),
        ("hours: {monday: '09:00-12:00, 11:00-17:00'}", "hours twice"),
        ("hours: {monday: }", "no hour of the week is open"),
        ("hours: {monday: 09:00-17:00}\nholidays: 2026-12-24", "a list of days"),
        ("hours: {monday: 09:00-17:00}\nholidays: [24.12.]", "a day like 2026-12-24"),
        ("hours: {monday: 09:00-17:00}\nholidays_of: XX-1", "no public holidays are known"),
        ("hours: {monday: 09:00-17:00}\nopen: 1", "means nothing"),
        ("hours: [", "is no YAML"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    with pytest.raises(BadCalendar) as caught:
        read(tmp_path, text, monkeypatch)
    assert expected in str(caught.value) and "hours.yaml" in str(caught.value)


def test_a_file_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_SLA_CALENDAR", "/nowhere/hours.yaml")
    with pytest.raises(BadCalendar, match=r"/nowhere/hours\.yaml cannot be read"):
        ReturnSettings()


def test_clocks_stand_still_in_statuses_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_SLA_PAUSED_IN", " waiting_merchant,waiting_customer,")
    assert ReturnSettings().sla_paused_in == ("waiting_customer", "waiting_merchant")
    monkeypatch.setenv("RETAIL_SLA_PAUSED_IN", "waiting_customer,in_review")
    with pytest.raises(
        UnknownStatus, match=r"names in_review\. Clocks can stand still in waiting_customer and"
    ):
        ReturnSettings()
