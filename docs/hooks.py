"""What mkdocs takes from outside `docs`: the pictures and the report in `assets`, and pages of the root.

Pages link to `../assets/...`, so that the links work in a checkout and in the built site alike.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
TAKEN = ("assets/screenshots/*.webp", "assets/technical_report.pdf")
INCLUDED = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside."""
    for pattern in TAKEN:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, place, abs_src_path=str(path)))
    for page, source in INCLUDED.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Point links at where the site has its files."""
    if page.file.src_path in INCLUDED:
        return re.sub(r"\]\(docs/", "](", markdown)
    return markdown.replace("](../assets/", "](assets/").replace("](../CONTRIBUTING.md", "](contributing.md")
