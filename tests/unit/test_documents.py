"""What is generated is fresh; what documents and messages name exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import AliasChoices

from retail_assets.config import DBT_PROJECT_DIR, REPOSITORY, FlowSettings, Settings
from retail_assets.flows import FLOWS
from retail_assets.platform import Platform
from retail_assets.warehouse.dictionary import DICTIONARY, dictionary
from retail_assets.warehouse.manifest import read_manifest

DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
SETTINGS = [Settings, *(flow.settings for flow in FLOWS if flow.settings)]

OF_TESTS = {"RETAIL_UPDATE_GOLDEN"}
TOLD_TO_DBT = {"RETAIL_AS_OF", "RETAIL_NOW", "RETAIL_DBT", "RETAIL_PSEUDONYM_KEY", "RETAIL_TEST_ALL_HISTORY"}
"""What a run tells dbt, and nobody sets."""


def variables(group: type[FlowSettings]) -> Iterator[str]:
    """The variables from which a group of settings comes."""
    for name, field in group.model_fields.items():
        match field.validation_alias:
            case None:
                yield f"RETAIL_{name.upper()}"
            case AliasChoices(choices=choices):
                yield from map(str, choices)
            case alias:
                yield str(alias)


def named(path: Path) -> set[str]:
    """The settings that a text names."""
    return set(re.findall(r"\bRETAIL_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))


KNOWN = {variable for group in SETTINGS for variable in variables(group)}


def test_the_data_dictionary_is_fresh_and_complete(platform: Platform) -> None:
    text = dictionary(platform, read_manifest(DBT_PROJECT_DIR))
    assert DICTIONARY.read_text() == text, "run `make dictionary`"
    assert not re.findall(r"^\|.*\|  \|$", text, re.MULTILINE), "a column has no description"
    assert all(f"### {name}\n" in text for name in [*platform.feeds, *platform.marts])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", document.read_text()):
        if "://" not in target:
            path = document.parent / target if target else document
            assert path.exists(), target
            assert not heading or heading in _anchors(path), f"{target}#{heading}"


def _anchors(document: Path) -> set[str]:
    """Headings as links name them: in small letters, without punctuation, with dashes for blanks."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_code_in_how_to_add_a_flow_is_that_of_the_flow_that_the_tests_register() -> None:
    gates = [_plain(path.read_text()) for path in (REPOSITORY / "tests" / "gates").glob("*.py")]
    text = (REPOSITORY / "docs" / "add-a-flow.md").read_text()
    snippets = [
        snippet
        for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for snippet in block.split("\n\n")
    ]
    assert len(snippets) > 5
    assert [one for one in snippets if not any(_plain(one) in code for code in gates)] == []


def _plain(code: str) -> str:
    """Lines without their indentation, nor those that are empty."""
    return "".join(f"{line.strip()}\n" for line in code.splitlines() if line.strip())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_settings_that_a_document_names_exist(document: Path) -> None:
    assert named(document) <= KNOWN | OF_TESTS


def code() -> Iterator[Path]:
    """Everything of the platform that may name a setting."""
    for folder in ("retail_assets", "ml", "jobs", "sensors", "dbt_project"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in (".py", ".yaml", ".yml", ".sql") and "target" not in path.parts:
                yield path


def test_the_settings_that_messages_and_models_name_exist() -> None:
    unknown = {path.name: found for path in code() if (found := named(path) - KNOWN - TOLD_TO_DBT)}
    assert unknown == {"config.py": {"RETAIL_X"}}, "the example of how settings are called"


def test_the_tests_that_a_document_names_exist() -> None:
    code = "".join(path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))
    texts = {document.name: document.read_text() for document in DOCUMENTS}
    named_tests = {test for text in texts.values() for test in re.findall(r"`(test_\w+)`", text)}
    assert {test for test in named_tests if f"def {test}(" not in code} == set()


def test_commands_are_printed_as_they_can_be_typed() -> None:
    """The project's own Python is in .venv; another one lacks its packages."""
    bare = re.compile(r"(?<![/\w])python -m retail_assets")
    texts = [*DOCUMENTS, *(path for path in code() if "retail_assets" in path.parts)]
    assert [path.name for path in texts if bare.search(path.read_text())] == []


@pytest.mark.parametrize("group", SETTINGS)
def test_every_setting_says_what_it_is(group: type[FlowSettings]) -> None:
    assert [name for name, field in group.model_fields.items() if not field.description] == []


def test_no_two_groups_read_one_variable() -> None:
    read = [variable for group in SETTINGS for variable in variables(group)]
    assert len(read) == len(set(read))
