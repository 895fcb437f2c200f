"""The lock file says of every package which files it may be."""

import re
import tomllib

from retail_assets.config import REPOSITORY

LOCK = (REPOSITORY / "requirements.lock").read_text()
PINS = re.findall(
    r"^([\w.-]+)==(\S+)(?: ;[^\\]*)?(?: \\)?\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)", LOCK, re.M
)


def test_every_package_has_its_hashes() -> None:
    named = re.findall(r"^[\w.-]+(?===)", LOCK, re.M)
    assert [name for name, _, _ in PINS] == named
    assert [name for name, _, hashes in PINS if not hashes] == []


def test_it_pins_what_the_project_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    pinned = {f"{name}=={version}" for name, version, _ in PINS}
    assert {one.lower() for one in asked} <= {one.lower() for one in pinned}
