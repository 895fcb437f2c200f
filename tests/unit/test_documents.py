"""What is generated is fresh; what the README names exists."""

import json
import re

import pytest

from retail_assets.config import REPOSITORY, Settings
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.warehouse.dictionary import DICTIONARY, MANIFEST, dictionary

DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def test_the_data_dictionary_is_fresh_and_complete() -> None:
    text = dictionary(json.loads(MANIFEST.read_text()))
    assert DICTIONARY.read_text() == text, "run `make dictionary`"
    assert not re.findall(r"^\| \w+ \|  \|$", text, re.MULTILINE), "a column has no description"
    assert all(f"### {feed}\n" in text for feed in FEEDS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_the_settings_that_the_readme_names_exist() -> None:
    named = set(re.findall(r"RETAIL_([A-Z_]+)`", (REPOSITORY / "README.md").read_text()))
    assert named <= {name.upper() for name in Settings.model_fields}
