"""How the documentation is built: ``./run_all.sh docs`` writes it to ``site/``.

Nothing is fetched while it is built or read: formulas become MathML, which browsers
draw themselves, and the theme brings its own files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from docutils.utils.math import pick_math_environment  # noqa: E402
from docutils.utils.math.latex2mathml import tex2mathml  # noqa: E402
from generated import PAGES  # noqa: E402

project = "Policy gradients and soft Q-learning"
author = "the soft-q-pg-benchmark authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = project
exclude_patterns = ["results/runs", "results/data", "results/tables", "results/claims"]
html_show_sphinx = False
html_copy_source = False
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
napoleon_use_ivar = True  # fields are described once, with their class
# Links into linked folders resolve, but MyST warns of them; a test holds all links.
# A type's short name may be that of classes of two modules.
suppress_warnings = ["myst.header", "myst.xref_missing", "ref.python"]
# A page stands as its file has it; what it links to may be elsewhere here, or a folder.
LINKS = {
    "(examples/)": "(examples/munchausen/README.md)",
    "(docs/add_an_arm.md)": "(add_an_arm.md)",
}


def _generate(app: Any, page: str, source: list[str]) -> None:
    """Put what is generated in the place of a page's mark."""
    if page in PAGES:
        mark, made = "<!-- generated -->", PAGES[page]()
        source[0] = source[0].replace(mark, made)
    for link, its_page in LINKS.items():
        source[0] = source[0].replace(link, its_page)


def _inline(self: Any, node: Any) -> None:
    self.body.append(tex2mathml(node.astext()))
    raise _skip()


def _block(self: Any, node: Any) -> None:
    text = node.astext()
    if pick_math_environment(text) == "align*":
        text = rf"\begin{{aligned}}{text}\end{{aligned}}"
    self.body.append(f"<div class='math'>{tex2mathml(text, as_block=True)}</div>")
    raise _skip()


def _skip() -> Exception:
    from docutils import nodes

    return nodes.SkipNode()


def setup(app: Any) -> None:
    """Sphinx's hook."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("source-read", _generate)


html_math_renderer = "mathml"
