# Copyright 2026 theylive_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""What the pages say is what the code does, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

from theylive_ros import cli, plugins
from theylive_ros.mirrors.gate import REASONS

CLONE = Path(__file__).parent.parent
DOCS = CLONE / "docs"
PAGES = sorted([*CLONE.glob("*.md"), *DOCS.glob("*.md"), CLONE / "models/README.md", CLONE / "training/README.md"])


def prose(page):
    """The page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page):
    """What `#...` may follow the page's name: its headings as GitHub and myst-parser write them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).replace(" ", "-") for heading in headings}


def test_every_condition_of_the_gate_is_explained_in_its_order():
    rows = re.findall(r"^\| `(\w+)` \| .+ \|$", (DOCS / "interfaces.md").read_text(), re.MULTILINE)
    assert tuple(row for row in rows if row in REASONS) == REASONS


def test_every_message_service_and_action_has_its_link():
    linked = set(re.findall(r"\(\.\./(msg/theylive_msgs/\w+/\w+\.\w+)\)", (DOCS / "interfaces.md").read_text()))
    assert linked == {str(path.relative_to(CLONE)) for path in CLONE.glob("msg/theylive_msgs/*/*.*")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CLONE)))
def test_every_link_leads_somewhere(page):
    text = prose(page)
    for link in [*re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", text), *re.findall(r'<img src="([^"]+)"', text)]:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}; there are: {', '.join(sorted(anchors(target)))}"


def test_the_site_holds_every_page():
    tables = re.findall(r"^```\{toctree\}\n(.*?)^```", (DOCS / "index.md").read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines() if line and not line.startswith(":")]
    listed = [re.sub(r".*<(.*)>", r"\1", line) for line in lines]
    held = {(DOCS / name).resolve().relative_to(CLONE.resolve()) for name in listed}
    there = {page.relative_to(CLONE).with_suffix("") for page in [*PAGES, *CLONE.glob("*.rst")]}
    assert held | {Path("docs/index")} == there


def test_every_command_in_the_readme_exists():
    commands = re.findall(r"^theylive ([\w-]+)", (CLONE / "README.md").read_text(), re.MULTILINE)
    assert commands
    assert set(commands) <= set(cli.COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CLONE)))
def test_every_launch_file_and_argument_on_the_page_exists(page):
    for name, words in re.findall(r"ros2 launch theylive_ros (\S+\.py)([^\n`#]*)", page.read_text()):
        file = CLONE / "launch" / name
        assert file.exists(), name
        sources = file.read_text() + (CLONE / "theylive_ros" / "launching" / "arguments.py").read_text()
        for argument in re.findall(r"(\w+):=", words):
            assert f'"{argument}"' in sources, f"{name} has no argument {argument}"


def rows(page, first):
    """Rows of the page's table whose first heading is given, as lists of cells."""
    table = re.search(rf"^\| {re.escape(first)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page.read_text(), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[1].splitlines()]


def test_topics_and_services_in_the_readme_are_those_of_their_page():
    page = (DOCS / "interfaces.md").read_text()
    for first in ("topic", "service or action"):
        for names, types, *_ in rows(CLONE / "README.md", first):
            for name in re.findall(r"`([\w/]+)`", names):
                (line,) = [line for line in page.splitlines() if re.match(rf"\|[^|]*`{name}`|## The action `{name}`", line)]
                where = page[page.index(line) :] if line.startswith("#") else line
                assert any(kind in where for kind in types.split(", ")), f"{name} is no {types}"


def test_parameters_in_the_readme_have_the_defaults_that_it_tells():
    page = (DOCS / "parameters.md").read_text()
    for names, defaults, _ in rows(CLONE / "README.md", "parameter"):
        node, _, ours = names.partition(": ")
        section = page.split(f"\n## {node.strip('`')}\n")[1].split("\n## ")[0]
        for name, default in zip(ours.split(", "), defaults.split(", "), strict=True):
            told = set(re.findall(rf"^\| {name} \| [\w\[\]]+ \| `(.*?)` \|", section, re.MULTILINE))
            assert told == {default.split("`")[1] if "`" in default else '""'}, name


def test_the_readme_names_every_plugin_that_is_shipped():
    shipped = {kind: [] for kind in (plugins.CAMERAS, plugins.DETECTORS, plugins.SELECTORS, plugins.LINES)}
    for kind, names in shipped.items():
        names += [name for name in plugins.names(kind) if plugins.find(kind, name).value.startswith("theylive_ros.")]
    told = {group.strip("`"): sorted(re.findall(r"`(\w+)`", names)) for _, names, group in rows(CLONE / "README.md", "plugin")}
    assert told == shipped
