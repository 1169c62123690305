"""An HTML e-mail made ready to leave: styles inlined after it is filled, and the text part made from it."""

import functools
from html.parser import HTMLParser
from typing import Any

_BLOCKS = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "div",
        "dl",
        "dt",
        "dd",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
    }
    | {"h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_APART = frozenset({"p", "table", "ul", "ol", "h1", "h2", "h3"})
_SILENT = frozenset({"head", "style", "script", "title", "template"})
_EMPTY = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


def inline(html: str) -> str:
    """The styles in the elements, where mail programs look for them; `@media` rules stay in the head."""
    return str(_inliner().inline(html))


@functools.cache
def _inliner() -> Any:  # noqa: ANN401 - the library's own
    import css_inline  # noqa: PLC0415 - 1.6 MB, which only HTML needs

    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def add_footer(html: str, footer: str) -> str:
    """The mail with a paragraph before its end."""
    at = html.lower().rfind("</body>")
    at = len(html) if at < 0 else at
    return f"{html[:at]}{footer}{html[at:]}"


def write_text(html: str) -> str:
    """What an HTML mail says, in words: links as `Book: https://...`, nothing of what it hides."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden: list[str] = []
        """The elements that are not shown, the outermost first, and what they hold."""
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._hidden or tag in _SILENT or _is_hidden(given):
            if tag not in _EMPTY:
                self._hidden.append(tag)
            return
        if tag == "br":
            self._parts.append("\n")
        elif tag in _BLOCKS:
            self._begin_line()
        elif tag in {"td", "th"}:
            self._parts.append(" ")
        elif tag == "img" and given.get("alt", "").strip():
            self._parts.append(given["alt"])
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self._parts)))
        if tag == "li":
            self._parts.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                del self._hidden[len(self._hidden) - 1 - self._hidden[::-1].index(tag) :]
            return
        if tag == "a" and self._links:
            self._parts.append(self._address(*self._links.pop()))
        elif tag in _BLOCKS:
            self._begin_line()
            self._parts.append("\n" if tag in _APART else "")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(" ".join(f"|{data}|".split()).strip("|"))

    def _begin_line(self) -> None:
        if self._parts and not "".join(self._parts[-2:]).endswith("\n"):
            self._parts.append("\n")

    def _address(self, href: str, since: int) -> str:
        said = "".join(self._parts[since:]).strip()
        if (
            not href
            or href.startswith("#")
            or said in {href, href.removeprefix("mailto:").removeprefix("tel:")}
        ):
            return ""
        return f": {href}" if said else href

    def text(self) -> str:
        lines = [" ".join(line.split()) for line in "".join(self._parts).split("\n")]
        kept: list[str] = []
        for line in lines:
            if line or (kept and kept[-1]):
                kept.append(line)
        return "\n".join(kept).strip()


def _is_hidden(given: dict[str, str]) -> bool:
    style = given.get("style", "").replace(" ", "").lower()
    return "hidden" in given or "display:none" in style or "visibility:hidden" in style
