"""Render templates to Dockerfiles; this room is the only one that imports jinja2."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import BaseLoader, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import SecurityError, TemplateError

from forebear.dockerfile.bounds import TooMuch
from forebear.dockerfile.breaks import LineBreakFault, check_line_breaks, marked
from forebear.dockerfile.lines import BYTE_ORDER_MARK, Lines
from forebear.dockerfile.model import GENERATED, DockerfileFault
from forebear.dockerfile.origins import Marks, Origin
from forebear.dockerfile.sandbox import Named, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from jinja2 import Environment, Template

MAX_OUTPUT: Final = 1 << 20
SHIPPED: Final = "forebear/"
FOLDER: Final = "templates/"


class TemplateFault(ValueError):
    """A template cannot be rendered; `template` is relative to templates/, `line` 0 where unknown."""

    def __init__(self, template: str, line: int, problem: str) -> None:
        super().__init__(f"{template}:{line}: {problem}" if line else f"{template}: {problem}")
        self.template = template
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ImageView:
    """What a template sees of its image."""

    name: str
    version: str
    reference: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a template sees, and nothing else."""

    image: ImageView
    project: str
    version: str  # the family's
    parent: str  # the pinned reference, or scratch
    uses: Mapping[str, str]  # pinned references by alias
    vars: Mapping[str, object]


class Renderer:
    """Renders templates that it gets through `load`, each compiled once."""

    def __init__(self, load: Callable[[str], str | None], marks: Marks | None = None) -> None:
        """`load` gives the text of a template by its path relative to templates/, None if absent."""
        self._loader = _Loader(load, marks)
        self._environment = Sandbox(self._loader)

    def render(self, template: str, request: Request) -> str:
        """The Dockerfile, behind its parser directives a line that says what made it.

        Raises TemplateFault.
        """
        text = self._text(template, request)
        hidden = marked(request.vars)
        if hidden is not None:
            self._check_breaks(template, request, text, hidden)
        return _with_origin(text, template)

    def origins(self, template: str, request: Request) -> tuple[Origin | None, ...]:
        """Where each line of what `render` gives comes from; None for one that no template wrote.

        Raises TemplateFault.
        """
        marks = Marks()
        marking = Renderer(self._loader.load_text, marks)
        text = marking._text(template, request)
        above = _directives(marks.without(text))
        found = marks.read(text)
        return (*found[:above], None, *found[above:])

    def _check_breaks(self, template: str, request: Request, text: str, hidden: Mapping[str, object]) -> None:
        without = Request(request.image, request.project, request.version, request.parent, request.uses, hidden)
        try:
            check_line_breaks(text, self._text(template, without), request.vars)
        except LineBreakFault as fault:
            raise TemplateFault(template, self._line_of(template, fault.names), str(fault)) from fault

    def _line_of(self, template: str, names: tuple[str, ...]) -> int:
        """The first line of a template that speaks of one of the names, 0 if none does."""
        source, _, _ = self._loader.get_source(self._environment, template)
        roots = {name.partition("[")[0] for name in names}
        for number, line in enumerate(source.split("\n"), 1):
            if any(root in line for root in roots):
                return number
        return 0

    def _text(self, template: str, request: Request) -> str:
        self._environment.work = 0
        try:
            return _joined(self._environment.get_template(template), request)
        except TemplateSyntaxError as error:
            raise TemplateFault(error.name or template, error.lineno, error.message or "syntax error") from error
        except Exception as error:
            name, line = _place(error.__traceback__, template)
            raise TemplateFault(name, line, _problem(error)) from error


def _joined(template: Template, request: Request) -> str:
    parts: list[str] = []
    size = 0
    for part in template.generate(_visible(request)):
        size += len(part)
        if size > MAX_OUTPUT:
            raise TooMuch(f"the Dockerfile grows beyond {MAX_OUTPUT} characters")
        parts.append(part)
    return "".join(parts)


def _visible(request: Request) -> dict[str, object]:
    return {
        "image": request.image,
        "project": request.project,
        "version": request.version,
        "parent": request.parent,
        "uses": Named("uses", request.uses),
        "vars": Named("vars", request.vars),
    }


def _with_origin(text: str, template: str) -> str:
    """The text with a line that says where it is from, which may not stand before a parser directive."""
    directives = _directives(text)
    *above, below = text.split("\n", directives) if text.count("\n") >= directives else [text, ""]
    origin = f"{GENERATED}{FOLDER}{template}; edit that, then run: forebear render"
    whole = "\n".join([*above, origin, below])
    return whole if whole.endswith("\n") else f"{whole}\n"


def _directives(text: str) -> int:
    """How many lines of parser directives a text begins with."""
    try:
        return Lines(text).directives.lines
    except DockerfileFault:
        return 0


class _Loader(BaseLoader):
    """Finds templates in what the caller gives, and the shipped macros; nowhere else."""

    def __init__(self, load: Callable[[str], str | None], marks: Marks | None) -> None:
        self.load_text = load
        self._marks = marks
        self._codes: dict[str, Any] = {}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source = _shipped(template) if template.startswith(SHIPPED) else self._own(template)
        if source is None:
            raise TemplateNotFound(template)
        if self._marks:
            source = self._marks.put(environment, source, template)
        return source, FOLDER + template, lambda: True

    def load(self, environment: Environment, name: str, globals: Any = None) -> Template:  # noqa: A002
        """Compile equal texts once: in a large family most images have a template of their own."""
        source, filename, uptodate = self.get_source(environment, name)
        code = self._codes.get(source)
        if code is None:
            code = self._codes[source] = environment.compile(source, name, filename)
        template = environment.template_class.from_code(environment, code, globals or {}, uptodate)
        template.name, template.filename = name, filename
        return template

    def _own(self, template: str) -> str | None:
        parts = template.split("/")
        if not template or "\\" in template or "\0" in template or not all(p not in {"", ".", ".."} for p in parts):
            raise SecurityError(f'"{template}" is not a path inside of {FOLDER}')
        source = self.load_text(template)
        return None if source is None else source.removeprefix(BYTE_ORDER_MARK)


def _shipped(template: str) -> str | None:
    name = template.removeprefix(SHIPPED)
    if not name.endswith(".j2") or "/" in name or "\\" in name:
        return None
    resource = files("forebear.dockerfile").joinpath("macros", name)
    return resource.read_text("utf-8") if resource.is_file() else None


def _place(traceback: TracebackType | None, template: str) -> tuple[str, int]:
    """The innermost line of a project's own template in a traceback."""
    found = template, 0
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name.startswith(FOLDER) and not name.startswith(FOLDER + SHIPPED):
            found = name.removeprefix(FOLDER), traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def _problem(error: Exception) -> str:
    match error:
        case TemplateNotFound():
            return f"there is no template {FOLDER}{error.name}"
        case SecurityError():
            return f"not allowed in a template: {error.message or error}"
        case TemplateError():
            return str(error.message or error)
        case RecursionError():
            return "the templates call each other without end"
    return f"{type(error).__name__}: {error}"
