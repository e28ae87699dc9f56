"""The Jinja2 environment of templates: sandboxed, strict, repeatable, and bounded in time and size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NoReturn

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace, missing
from jinja2.visitor import NodeTransformer

from forebear.dockerfile.bounds import (
    TooMuch,
    bounded_filters,
    bounded_range,
    check_format,
    check_method,
    check_operands,
    check_size,
    plain,
    spelled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import BaseLoader
    from jinja2.runtime import Context

MAX_WORK: Final = 200_000  # turns of loops in one rendering
CALL: Final = 5  # what a call counts for
_SEEN: Final = ("image", "project", "version", "parent", "uses", "vars")
_IMPORTED: Final = '"{}" is not seen here: an imported macro sees it only with {{% import "…" as m with context %}}'
# Not repeatable, or made for HTML.
_REMOVED: Final = "random pprint e escape forceescape safe striptags urlize xmlattr".split()  # noqa: SIM905


class Failed(TemplateRuntimeError):
    """A template called fail()."""


def fail(message: str) -> NoReturn:
    """What templates call to stop: raises Failed with their message."""
    raise Failed(str(message))


class Named(dict[str, object]):
    """A mapping that knows what templates call it, under a name that the sandbox hides."""

    __slots__ = ("_label",)

    def __init__(self, label: str, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self._label = label


class Absent(StrictUndefined):
    """An undefined value, whose message names what there is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        if self._undefined_hint:
            return self._undefined_hint
        if owner is missing and name in _SEEN:
            return _IMPORTED.format(name)
        if owner is missing:
            return f'"{name}" is not defined{_meant(name, _SEEN)}; a template sees {", ".join(_SEEN)}'
        label = owner._label if isinstance(owner, Named) else f"a {type(owner).__name__}"
        return f'{label} has no "{name}"{_meant(name, owner if isinstance(owner, Mapping) else ())}'


def _meant(name: object, known: Iterable[object]) -> str:
    close = get_close_matches(str(name), [str(one) for one in known], n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def printable(value: object) -> object:
    """What `{{ value }}` may print: text, numbers, true and false. Raises TemplateRuntimeError."""
    if isinstance(value, bool):
        return plain(value)
    if isinstance(value, str | int | float | Undefined):
        return value
    if value is None:
        raise TemplateRuntimeError("a template prints null; give the value, or use the filter default")
    kind = type(value).__name__
    raise TemplateRuntimeError(f"a template prints a {kind}; use the filter join or tojson to say how")


def _own(method: str, args: list[Any], line: int) -> nodes.Call:
    """A call of a method of the environment, as a template's syntax tree has it."""
    return nodes.Call(nodes.EnvironmentAttribute(method), args, [], None, None, lineno=line)


class _Concats(NodeTransformer):
    """Makes `a ~ b`, which the sandbox does not intercept, a call."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja2's name
        return _own("joined", [self.visit(one) for one in node.nodes], node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox, and bounds on what it leaves open. One rendering at a time."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=Absent,
            finalize=printable,
            autoescape=False,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self.globals = {"range": bounded_range, "dict": dict, "fail": fail}
        self.globals |= {"cycler": Cycler, "joiner": Joiner, "namespace": Namespace}
        self.filters |= bounded_filters(self.filters)
        for name in _REMOVED:
            del self.filters[name]
        self.work = 0

    def spend(self, work: int) -> None:
        """Count turns and calls of the rendering. Raises TooMuch."""
        self.work += work
        if self.work > MAX_WORK:
            raise TooMuch(f"the templates take more than {MAX_WORK} turns of loops and calls")

    def counted(self, items: Iterable[object]) -> Iterable[object]:
        """What a loop runs over, counted."""
        if not isinstance(items, Sized):
            return self._counting(items)
        self.spend(len(items))
        return items

    def _counting(self, items: Iterable[object]) -> Iterator[object]:
        for item in items:
            self.spend(1)
            yield item

    def joined(self, *parts: object) -> str:
        """What `a ~ b` gives."""
        texts = [str(printable(part)) for part in parts]
        check_size(sum(map(len, texts)))
        return "".join(texts)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = _own("counted", [loop.iter], loop.lineno)
        return _Concats().visit(tree) if "~" in source else tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What `obj.attribute` gives: of a mapping the key of that name before its methods."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator whose result could be huge. Raises TooMuch."""
        check_operands(operator, left, right)
        formats = operator == "%" and isinstance(left, str)
        return super().call_binop(context, operator, left, spelled(right) if formats else right)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call what a template calls. Raises TooMuch."""
        self.spend(CALL)
        check_method(obj, args, kwargs)
        return super().call(context, obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """The sandbox's format method, bounded. Raises TooMuch."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def bounded(*args: Any, **kwargs: Any) -> str:
            check_format(value.__self__, "{", [*args, *kwargs.values()])
            return wrapped(*map(spelled, args), **{name: spelled(value) for name, value in kwargs.items()})

        return bounded
