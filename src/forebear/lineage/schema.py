"""The file as pydantic models, from which the JSON Schema is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic.json_schema import GenerateJsonSchema

from forebear.lineage import grammar, patterns, values
from forebear.lineage.constraints import Constraint
from forebear.lineage.gates import (  # noqa: TC001 - pydantic looks at them
    Command,
    GateEntry,
    Line,
    Printed,
    RequiresEntry,
)
from forebear.lineage.model import KEEP, Base, Moving
from forebear.lineage.versions import LONGEST

SCHEMA_ID: Final = "urn:forebear:lineage:1"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def _shape(pattern: str, **more: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, **more})


_BASE_SHAPES: Final = [
    {"const": "scratch", "description": "The empty base."},
    {"type": "string", "pattern": patterns.NAME, "description": "An image of this file, at its version."},
    {"type": "string", "pattern": patterns.UPSTREAM, "description": "An upstream, with a tag or a digest."},
]

Format = Annotated[int, PlainValidator(values.lineage_format), WithJsonSchema({"const": values.FORMAT})]
Name = Annotated[str, PlainValidator(values.text(grammar.image_name)), _shape(patterns.NAME)]
Project = Annotated[str, PlainValidator(values.text(grammar.project)), _shape(patterns.PROJECT)]
Version = Annotated[str, PlainValidator(values.version), _shape(patterns.VERSION, maxLength=LONGEST)]
Registry = Annotated[str, PlainValidator(values.text(grammar.registry)), _shape(patterns.REGISTRY)]
Url = Annotated[str, PlainValidator(values.text(grammar.url)), _shape(patterns.URL)]
Host = Annotated[str, PlainValidator(values.text(grammar.host)), _shape(patterns.HOST)]
Wanted = Annotated[Constraint, PlainValidator(values.text(grammar.constraint)), _shape(patterns.CONSTRAINT)]
From = Annotated[Base, PlainValidator(values.text(grammar.base)), WithJsonSchema({"anyOf": _BASE_SHAPES})]
Used = Annotated[Base, PlainValidator(values.text(grammar.used)), WithJsonSchema({"anyOf": _BASE_SHAPES[1:]})]
Stage = Annotated[str, PlainValidator(values.text(grammar.stage)), _shape(patterns.STAGE)]
Target = Annotated[str, PlainValidator(values.text(grammar.target)), _shape(patterns.TARGET)]
Platform = Annotated[str, PlainValidator(values.text(grammar.platform)), _shape(patterns.PLATFORM)]
Template = Annotated[str, PlainValidator(values.text(grammar.template)), _shape(patterns.TEMPLATE)]
Context = Annotated[str, PlainValidator(values.text(grammar.context)), _shape(patterns.CONTEXT)]
Dockerfile = Annotated[str, PlainValidator(values.text(grammar.dockerfile)), _shape(patterns.DOCKERFILE)]
Argument = Annotated[str, PlainValidator(values.text(grammar.argument)), _shape(patterns.ARGUMENT)]
Variable = Annotated[str, PlainValidator(values.text(grammar.variable)), _shape(patterns.VARIABLE)]
SecretName = Annotated[str, PlainValidator(values.text(grammar.secret)), _shape(patterns.MOUNT_ID)]
Label = Annotated[str, PlainValidator(values.text(grammar.label)), _shape(patterns.LABEL)]
Vars = Annotated[Mapping[str, Any], PlainValidator(values.frozen_vars), WithJsonSchema({"type": "object"})]
Epoch = Annotated[
    int,
    PlainValidator(values.epoch),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": grammar.LAST_SECOND},
                {"type": "string", "pattern": patterns.TIME},
            ]
        }
    ),
]
Platforms = Annotated[
    tuple[Platform, ...],
    AfterValidator(values.distinct),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "pattern": patterns.PLATFORM},
            "minItems": 1,
            "uniqueItems": True,
        }
    ),
]

MovingTags = Annotated[
    tuple[Annotated[Moving, PlainValidator(values.moving)], ...],
    AfterValidator(values.distinct),
    WithJsonSchema({"type": "array", "items": {"enum": list(Moving)}, "minItems": 1, "uniqueItems": True}),
]
Keep = Annotated[int, PlainValidator(values.keep), WithJsonSchema({"type": "integer", "minimum": 1})]
Paths = Annotated[
    tuple[Context, ...],
    AfterValidator(values.distinct),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "pattern": patterns.CONTEXT},
            "minItems": 1,
            "uniqueItems": True,
        }
    ),
]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class PreparationEntry(_Entry):
    """A command that makes a part of the image's context."""

    run: Annotated[Command, Field(description="What runs, on the machine that forebear runs on.")]
    in_: Annotated[Context, Field(alias="in", description="The folder that it runs in; else the project's root.")] = "."
    inputs: Annotated[Paths, Field(description="The files and folders that it reads: it runs where they changed.")]
    outputs: Annotated[Paths, Field(description="The files and folders that it makes.")]


class SecretEntry(_Entry):
    """Where a secret is: in a variable of the environment, or in a file."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]})

    env: Annotated[Variable, Field(description="The variable that holds it.")] = ""
    file: Annotated[
        Line, Field(description="The file that holds it; ~ is the home folder, other paths start at the project.")
    ] = ""

    @model_validator(mode="after")
    def _one_source(self) -> SecretEntry:
        values.one_source(self.env, self.file)
        return self


class ImageEntry(_Entry):
    """An image that the family builds."""

    from_: Annotated[
        From,
        Field(
            alias="from",
            description="What the image starts from: an image of this file, a pinned upstream, or scratch.",
            examples=["fedora", "docker.io/library/fedora:25", "scratch"],
        ),
    ]
    version: Annotated[Version, Field(description="Its own version; else the family's.")] = ""
    uses: Annotated[
        dict[Stage, Used],
        Field(
            description="Further images that its Dockerfile copies from, by alias.",
            examples=[{"build": "maven"}],
        ),
    ] = Field(default_factory=dict)
    template: Annotated[Template, Field(description="Its template; else templates/NAME.Dockerfile.j2.")] = ""
    context: Annotated[Context, Field(description="Its build context; else images/NAME.")] = ""
    dockerfile: Annotated[Dockerfile, Field(description="Its Dockerfile, in the context; else Dockerfile.")] = ""
    vars: Annotated[Vars, Field(description="Values for its template.", examples=[{"tomcat": "8.0.41"}])] = Field(
        default_factory=dict
    )
    args: Annotated[dict[Argument, Printed], Field(description="Build arguments.")] = Field(default_factory=dict)
    labels: Annotated[dict[Label, Printed], Field(description="Labels of the image.")] = Field(default_factory=dict)
    target: Annotated[Target, Field(description="The stage of the Dockerfile that is built.")] = ""
    platforms: Annotated[Platforms, Field(description="Its own platforms; else the family's.")] = ()
    epoch: Annotated[Epoch, Field(description="Its own epoch; else the family's.")] = 0
    tests: Annotated[tuple[GateEntry, ...], Field(description="Its gates.")] = ()
    requires: Annotated[RequiresEntry | None, Field(description="What it needs of what it starts from.")] = None
    prepare: Annotated[
        tuple[PreparationEntry, ...], Field(description="Commands that run before its context is read.")
    ] = ()


class LineageFile(_Entry):
    """The family of images that a project declares."""

    lineage: Annotated[Format, Field(description="The version of this format.")]
    project: Annotated[
        Project,
        Field(description="The name of the family: images are called PROJECT/NAME.", examples=["firethorn"]),
    ]
    version: Annotated[Version, Field(description="The family's release, in SemVer.", examples=["2.1.7"])]
    registry: Annotated[Registry, Field(description="Where publish pushes; every reference begins with it.")] = ""
    source: Annotated[Url, Field(description="Where the sources of the family are.")] = ""
    platforms: Annotated[
        Platforms,
        Field(description="What the images are built for; else the engine's own.", examples=[["linux/amd64"]]),
    ] = ()
    epoch: Annotated[
        Epoch,
        Field(
            description="The time that files and history carry: RFC 3339, or seconds since 1970.",
            examples=["2026-11-24T00:00:00Z"],
        ),
    ] = 0
    tags: Annotated[
        MovingTags,
        Field(description="Which tags a publication moves beside those of the versions: 2.1, 2, latest."),
    ] = ()
    keep: Annotated[Keep, Field(description="How many releases prune keeps on an engine.")] = KEEP
    secrets: Annotated[
        dict[SecretName, SecretEntry],
        Field(description="What mounts of the type secret may get, by id.", examples=[{"token": {"env": "TOKEN"}}]),
    ] = Field(default_factory=dict)
    mirrors: Annotated[
        dict[Host, Registry],
        Field(
            description="Where forebear looks first for what is in a registry.",
            examples=[{"docker.io": "mirror.example.org"}],
        ),
    ] = Field(default_factory=dict)
    constraints: Annotated[
        dict[str, Wanted],
        Field(description="Which versions of an upstream are wanted.", examples=[{"fedora": ">=25 <27"}]),
    ] = Field(default_factory=dict)
    images: Annotated[dict[Name, ImageEntry], Field(description="The images, by name.")]


class _Generator(GenerateJsonSchema):
    """Leaves out titles, which would repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic calls it so
        return False


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of lineage.yml."""
    made = LineageFile.model_json_schema(schema_generator=_Generator)
    return {"$schema": _DIALECT, "$id": SCHEMA_ID, **_tidy(made), "title": "lineage.yml of forebear"}


def schema_text() -> str:
    """The JSON Schema as text."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidy(node: Any) -> Any:
    """Close mappings whose keys have a pattern; leave out defaults, which only mean "absent"."""
    if isinstance(node, list):
        return [_tidy(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _tidy(each) for key, each in node.items() if key != "default"}
    return {**kept, "additionalProperties": False} if "patternProperties" in kept else kept
