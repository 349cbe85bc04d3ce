"""What the pages say is what the code does."""

import re
from pathlib import Path

import pytest

from theylive_ros import cli
from theylive_ros.mirrors.gate import REASONS

CLONE = Path(__file__).parent.parent
DOCS = CLONE / "docs"


def test_every_condition_of_the_gate_is_explained_in_its_order():
    rows = re.findall(r"^\| `(\w+)` \| .+ \|$", (DOCS / "interfaces.md").read_text(), re.MULTILINE)
    assert tuple(row for row in rows if row in REASONS) == REASONS


@pytest.mark.parametrize(
    "page", [CLONE / "README.md", *sorted(DOCS.glob("*.md")), CLONE / "models/README.md", CLONE / "training/README.md"]
)
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_command_in_the_readme_exists():
    commands = re.findall(r"^theylive ([\w-]+)", (CLONE / "README.md").read_text(), re.MULTILINE)
    assert commands
    assert set(commands) <= set(cli.COMMANDS)
