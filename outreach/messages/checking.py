"""What a template may hold: words, fields, our filters and plain conditions; nothing that runs.

allowed   {{ name }}  {{ metadata.day|date }}  {{ first_name|default("there") }}
          {% if metadata.vip == "yes" %} ... {% elif language is filled %} ... {% else %} ... {% endif %}
refused   loops, calls, attributes of values, sums, lists, `or`; a condition that a cell like "no" would meet
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from jinja2 import nodes

from outreach.messages.fields import METADATA, NAMES, OPT_OUT_LINK
from outreach.messages.filters import FILTERS, SPEAKING, STYLES, TESTS
from outreach.messages.placeholders import object_to_left_over
from outreach.messages.places import FIELD, Need, need_of

_FEW = {"date": 1, "time": 1, "datetime": 2, "number": 0, "money": 1, "url": 0, "link": 0, "default": 1}


class Mistake(Exception):  # noqa: N818 - it names a thing, not a failure
    """What is wrong in a template: `problem`, as a sentence."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def check(tree: nodes.Template, *, is_html: bool) -> bool:
    """Whether the template writes dates or numbers, so that it needs a language. Raises Mistake."""
    _check_body(tree.body, "", is_html)
    return any(each.name in SPEAKING for each in tree.find_all(nodes.Filter))


def _check_body(body: Sequence[nodes.Node], before: str, is_html: bool) -> str:  # noqa: FBT001 - one of two kinds of text
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                before = _check_part(part, before, is_html)
        elif isinstance(node, nodes.If):
            before = _check_if(node, before, is_html)
        else:
            raise Mistake(f"It may not hold {_in_words(node)}")
    return before


def _check_part(part: nodes.Node, before: str, is_html: bool) -> str:  # noqa: FBT001 - as above
    if isinstance(part, nodes.TemplateData):
        if problem := object_to_left_over(part.data, is_html=is_html):
            raise Mistake(problem)
        return before + part.data
    _check_value(part)
    need = need_of(before, is_html=is_html)
    for choice in _choices(part):
        _check_place(choice, need)
    return before + FIELD


def _check_if(node: nodes.If, before: str, is_html: bool) -> str:  # noqa: FBT001 - as above
    _check_condition(node.test)
    after = _check_body(node.body, before, is_html)
    for other in node.elif_:
        _check_if(other, before, is_html)
    _check_body(node.else_, before, is_html)
    return after


def _choices(part: nodes.Node) -> Iterator[nodes.Node]:
    """What a place may show: both sides of an `a if b else c`."""
    if isinstance(part, nodes.CondExpr) and part.expr2 is not None:
        yield from _choices(part.expr1)
        yield from _choices(part.expr2)
    else:
        yield part


def _check_place(part: nodes.Node, need: Need) -> None:
    used = {each.name for each in part.find_all(nodes.Filter)} | (
        {part.name} if isinstance(part, nodes.Filter) else set()
    )
    is_own_link = isinstance(part, nodes.Name) and part.name == OPT_OUT_LINK
    fine = {
        Need.NOTHING: True,
        Need.URL: "url" in used,
        Need.LINK: "link" in used or is_own_link,
        Need.QUOTES: False,
        Need.ELSEWHERE: False,
    }
    if not fine[need] and not isinstance(part, nodes.Const):
        raise Mistake(f"{_shown(part)}: {need.value.rstrip('.')}")


def _check_value(node: nodes.Node) -> None:
    """One value: a field, a text in quotes, either with filters, or a choice of two."""
    match node:
        case nodes.Const():
            if not isinstance(node.value, str):
                raise Mistake(f"Write {node.value!r} as a text, without braces")
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            _check_field(node)
        case nodes.Filter():
            _check_filter(node)
        case nodes.CondExpr():
            if node.expr2 is None:
                raise Mistake('An "if" within a field needs its "else": it would leave a hole')
            _check_condition(node.test)
            _check_value(node.expr1)
            _check_value(node.expr2)
        case nodes.Or():
            raise Mistake('For a value where a field is empty write |default("...") in place of "or"')
        case _:
            raise Mistake(f"A field may not hold {_in_words(node)}")


def _check_field(node: nodes.Name | nodes.Getattr | nodes.Getitem) -> None:
    if isinstance(node, nodes.Name):
        if node.name == METADATA:
            raise Mistake("Say which column of metadata, like {{ metadata.city }}")
        if node.name not in NAMES:
            near = get_close_matches(node.name, NAMES, n=1)
            own = f"a column of your own is {{{{ metadata.{node.name} }}}}"
            raise Mistake(f"There is no field {node.name}; {f'did you mean {near[0]}?' if near else own}")
        return
    is_named = isinstance(node, nodes.Getattr) or (
        isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str)
    )
    if not (isinstance(node.node, nodes.Name) and node.node.name == METADATA and is_named):
        raise Mistake("A dot is for metadata alone, like {{ metadata.city }}")


def _check_filter(node: nodes.Filter) -> None:
    name = node.name
    if name not in FILTERS:
        near = get_close_matches(name, FILTERS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(FILTERS)}"
        raise Mistake(f"There is no filter {name}; {hint}")
    if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > _FEW[name]:
        raise Mistake(f"The filter {name} takes no such arguments")
    _check_value(node.node)
    given = [arg.value if isinstance(arg, nodes.Const) else None for arg in node.args]
    if name == "default":
        if not node.args or given == [""]:
            raise Mistake('A default says what stands there instead, like |default("there")')
        _check_value(node.args[0])
    elif not all(isinstance(value, str) for value in given):
        raise Mistake(f"What the filter {name} is given stands in quotes")
    elif name in {"date", "datetime"} and given and given[0] not in STYLES:
        raise Mistake(f"A date is written {', '.join(STYLES[:-1])} or {STYLES[-1]}: |{name}({STYLES[1]!r})")
    elif name == "money" and not (given and str(given[0]).isalpha() and str(given[0]).isupper()):
        raise Mistake('Money needs its currency, like |money("EUR")')


def _check_condition(node: nodes.Node) -> None:
    """A comparison of texts, or whether a field is filled: never a bare field, which a "no" would meet."""
    match node:
        case nodes.Not():
            _check_condition(node.node)
        case nodes.And() | nodes.Or():
            _check_condition(node.left)
            _check_condition(node.right)
        case nodes.Test():
            if node.name not in TESTS or node.args:
                raise Mistake(f'There is no test {node.name}; say "is filled"')
            _check_value(node.node)
        case nodes.Compare():
            if any(each.op not in {"eq", "ne"} for each in node.ops):
                raise Mistake("Texts can be compared by == and != alone")
            for side in (node.expr, *(each.expr for each in node.ops)):
                _check_value(side)
        case _:
            raise Mistake(
                'A condition asks {% if metadata.vip == "yes" %} or {% if first_name is filled %}: a bare '
                'field is met by a cell that says "no", too'
            )


def _shown(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return str(node.name)
        case nodes.Getattr():
            return f"{METADATA}.{node.attr}"
        case nodes.Filter() if node.node is not None:
            return _shown(node.node)
        case _:
            return "A field"


_WORDS = {
    "For": "loops",
    "Call": "calls",
    "Include": "other templates",
    "Import": "other templates",
    "FromImport": "other templates",
    "Extends": "other templates",
    "Macro": "macros",
    "Assign": "assignments",
    "AssignBlock": "assignments",
    "Tuple": "several values",
    "Sub": "a minus: is it a column's name? Write {{ metadata['first-name'] }}",
}


def _in_words(node: nodes.Node) -> str:
    kind = type(node).__name__
    return _WORDS.get(kind, f"what Jinja calls {kind}")
