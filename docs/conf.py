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

"""The site of the pages: `make docs`. The pages stand where a reader of the repository finds them, so the sources begin at its top."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

_TOP = Path(__file__).resolve().parent.parent

project = "theylive_ros"
author = "theylive_ros developers"
project_copyright = author
release = version = ElementTree.parse(_TOP / "package.xml").findtext("version", "")

extensions = ["myst_parser", "sphinx_copybutton"]
root_doc = "docs/index"
include_patterns = ["*.md", "*.rst", "docs/*.md", "models/README.md", "training/README.md"]
exclude_patterns = [".*", "build", "install", "log", "runs"]
nitpicky = True
highlight_language = "none"

myst_enable_extensions = ["html_image"]  # an <img> may have a width
myst_heading_anchors = 4  # `[...](page.md#a-heading)`, as on the pages of the repository

html_theme = "furo"
html_title = f"theylive_ros {release}"
html_static_path = html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Blocks that are read by tests and by people alone; and a start page at the top of the site."""
    for plain in ("pulses", "conversation"):
        app.add_lexer(plain, TextLexer)
    app.connect("build-finished", _start_page)


def _start_page(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and app.builder.format == "html":
        page = f'<!doctype html><meta http-equiv="refresh" content="0; url={root_doc}.html"><title>{project}</title>\n'
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")
