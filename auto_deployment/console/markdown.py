"""Markdown of ours as HTML; what is HTML in it is shown as text, and pictures are not loaded."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# A wide table scrolls by itself, by keyboard as well.
SCROLLS = '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>'
Address = Callable[[str], str | None]


def rendered(text: str, address: Address = lambda link: None, *, within: bool = False) -> Markup:
    """Return Markdown as HTML; `address` says where a link leads here, None: its text alone is shown.

    `within` a page of ours headings stand one level lower, and have the names that links to them use.
    """
    parser = _parser()
    tokens = _linked(parser.parse(text), address)
    for token in tokens:
        # The policy takes no style in the text; ours has a word for columns of numbers.
        if token.attrs.pop("style", None) == "text-align:right":
            token.attrs["class"] = "number"
    if within:
        for opened, content in pairwise(tokens):
            if opened.type == "heading_open":
                opened.attrs["id"] = slug(content.content)
        for token in tokens:
            if token.type.startswith("heading_"):
                token.tag = f"h{min(int(token.tag[1:]) + 1, 6)}"
    return Markup(parser.renderer.render(tokens, parser.options, {}))


def slug(heading: str) -> str:
    """Return the name of a heading in an address."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["image", "html_block", "html_inline"])
    parser.add_render_rule("table_open", lambda *_: SCROLLS)
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _linked(tokens: Sequence[Token], address: Address) -> Sequence[Token]:
    for token in tokens:
        if token.children is not None:
            token.children = _changed(token.children, address)
    return tokens


def _changed(tokens: Sequence[Token], address: Address) -> list[Token]:
    """Return a line with its links changed, those that lead nowhere left out."""
    found: list[Token] = []
    is_left_out = False  # links do not nest
    for token in tokens:
        if token.type == "link_open":
            here = address(str(token.attrs["href"]))
            is_left_out = here is None
            if here is not None:
                token.attrs["href"] = here
        if not (is_left_out and token.type in ("link_open", "link_close")):
            found.append(token)
    return found
