"""What Sphinx makes the site by; docs.site.__main__ says from what."""

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import mfa

project = "drf-mfa"
author = "The drf-mfa authors"
project_copyright = author
version = release = mfa.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["plain"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 4

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False

html_theme = "furo"
html_title = f"drf-mfa {release}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_context = {"folder": os.environ.get("MFA_DOCS_VERSION", "")}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "versions.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}


_COLOUR = re.compile(r"(?P<before>.*\.highlight )(?P<kind>\.\w+) (?P<body>\{.*\})")
SEARCHING = ("doctools.js", "sphinx_highlight.js")


def setup(app: Sphinx) -> None:
    """Keep pages light: the navigation opens where the reader is, and nothing is loaded that only a search needs."""
    app.connect("html-page-context", _lighten, priority=400)
    app.connect("build-finished", _finish, priority=900)
    app.connect("autodoc-process-signature", _unsaid)


def _lighten(_: Sphinx, page: str, __: str, context: dict[str, Any], ___: object) -> None:
    whole = context["toctree"]
    context["toctree"] = lambda **wanted: whole(**{**wanted, "collapse": True})
    if page != "search":
        context["script_files"] = [
            each for each in context["script_files"] if Path(each.filename).name not in SEARCHING
        ]


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        _shrink(Path(app.outdir, "_static", "pygments.css"))
        for page in Path(app.outdir).rglob("*.html"):
            page.write_text(_flush(_reachable(page.read_text())))


def _shrink(file: Path) -> None:
    """Say each colour of code once for all that has it; leave out comments, numbers, and lines under names."""
    rules: dict[tuple[str, str], list[str]] = {}
    unwanted = r"\s*/\*.*?\*/|; text-decoration: underline|^.*linenos.*\n"
    for line in re.sub(unwanted, "", file.read_text(), flags=re.MULTILINE).splitlines():
        rule = _COLOUR.fullmatch(line)
        key = (rule["before"], rule["body"]) if rule else (line, "")
        rules.setdefault(key, []).append(rule["kind"] if rule else "")
    written = (f"{before}:is({','.join(kinds)}){body}" if body else before for (before, body), kinds in rules.items())
    file.write_text("\n".join(written))


def _reachable(text: str) -> str:
    """Return a page for those who do not point: asides have names, headings a level, and what scrolls is reached.

    A cell that heads no column is no heading, and parameters, which have no terms, are a list.
    """
    names = {"sidebar-drawer": "All pages", "toc-drawer": "On this page"}
    named = re.sub(
        r'<aside class="([\w-]+)', lambda found: f'<aside aria-label="{names[found[1]]}" {found[0][7:]}', text
    )
    reached = re.sub(r"<p>(?=<img [^>]*\bwide\b)", '<p tabindex="0">', named)
    reached = re.sub(r'<pre\b|<div(?= class="table-wrapper )', r'\g<0> tabindex="0"', reached)
    headed = re.sub(r'<th class="head[^"]*"><p></p></th>', "<td></td>", reached)
    listed = re.sub(r"<dl>\n((?:<dd>.*</dd>\n)+)</dl>", _list, headed)
    return listed.replace('role="heading"', 'role="heading" aria-level="2"')


def _list(found: re.Match[str]) -> str:
    return f"<ul>\n{found[1].replace('<dd>', '<li>').replace('</dd>', '</li>')}</ul>"


def _flush(text: str) -> str:
    """Return a page without the spaces at the beginning of its lines, code aside."""
    pieces = re.split(r"(<pre.*?</pre>)", text, flags=re.DOTALL)
    pieces[::2] = [re.sub(r"\n\s+", "\n", piece) for piece in pieces[::2]]
    return "".join(pieces)


def _unsaid(_: Sphinx, __: str, ___: str, described: object, *____: object) -> tuple[str, None] | None:
    """Leave out how a protocol is called, since nobody calls it."""
    return ("", None) if getattr(described, "_is_protocol", False) else None
