"""The texts of lineage.yml as regular expressions, for the reader and the JSON Schema alike.

They keep to what ECMA-262 and Python have in common, except that `$` means the very end (as in ECMA-262).
"""

from __future__ import annotations

from typing import Final

# SemVer 2.0.0, items 2, 9 and 11, without the build part (item 10), which no tag can hold.
_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
VERSION: Final = rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?$"

# OCI distribution-spec, "Pulling manifests": <name>, and <reference> as a tag.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"
# OCI image-spec, "Descriptors", "Registered Algorithms".
_DIGEST = r"(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})"
# Without a dot, or Docker takes it for a registry (distribution/reference, normalize.go).
_FOLDER = r"[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?=[^/]*[.:A-Z]|localhost(?:/|$))(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_FIXED = rf"(?:(?::{_TAG})?@{_DIGEST}|:(?!latest$){_TAG})"

NAME: Final = rf"^(?!scratch$){_COMPONENT}$"
PROJECT: Final = rf"^(?!localhost$){_FOLDER}$"
REGISTRY: Final = rf"^{_HOST}(?:/{_COMPONENT})*$"
HOST: Final = rf"^(?!index\.docker\.io$){_HOST}$"
UPSTREAM: Final = rf"^(?:{_HOST}/{_COMPONENT}(?:/{_COMPONENT})*|{_FOLDER}(?:/{_COMPONENT})+|{_COMPONENT}){_FIXED}$"

_COMPARATOR = r"(?:(?:>=|<=|!=|[><=~^]) *)?v?[0-9]{1,20}(?:\.[0-9]{1,20})*(?:\.[x*])*"
CONSTRAINT: Final = rf"^ *{_COMPARATOR}(?:[ ,]+{_COMPARATOR})* *$"

# A stage name of a Dockerfile (BuildKit, instructions/parse.go).
STAGE: Final = r"^[a-z][a-z0-9_.-]*$"
TARGET: Final = r"^[a-zA-Z][a-zA-Z0-9_.-]*$"
PLATFORM: Final = r"^[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9]+)?$"
ARGUMENT: Final = r"^(?!SOURCE_DATE_EPOCH$|FOREBEAR_)[A-Za-z_][A-Za-z0-9_]*$"
VARIABLE: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"
MOUNT_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
OWN_LABEL: Final = r"^(?:forebear\.|org\.opencontainers\.image\.(?:version|base\.name|base\.digest)$)"
LABEL: Final = rf"^(?!{OWN_LABEL})[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$"
URL: Final = r"^https?://[!-~]+$"
# RFC 3339, 5.6, in whole seconds.
TIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
# A path below the root in posix form: not absolute, never up, no backslash, no control characters.
_STEP = r"(?!\.\.?(?:/|$))[^/\\\u0000-\u001f\u007f]+"
CONTEXT: Final = rf"^(?:\.|(?:\./)?{_STEP}(?:/{_STEP})*/?)$"
# What leaves files out of a context is no Dockerfile.
DOCKERFILE: Final = rf"^(?:\./)?(?!.*\.dockerignore$)(?!\.forebear(?:/|$)){_STEP}(?:/{_STEP})*$"
TEMPLATE: Final = rf"^(?:\./)?templates/(?!forebear/){_STEP}(?:/{_STEP})*$"
# One line that says something.
LINE: Final = r"^[^\u0000-\u001f\u007f]+$"
# What an argument list or a label can hold: anything but NUL.
VALUE: Final = r"^[^\u0000]*$"
WORD: Final = r"^[^\u0000]+$"
