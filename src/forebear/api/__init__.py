"""The public functions: everything that the command line does, with typed values in and out.

Each comes with its module when it is first used: a command needs few of them, and to import all would take a fifth
of its time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from forebear.project import load as open_project

if TYPE_CHECKING:
    from forebear.api.audits import (
        audit_files,
        audit_lineage,
        audit_rules,
        audit_schema,
        audit_settings,
        compare_baseline,
    )
    from forebear.api.builds import Gated, Options, build, gates_as_junit, plan, reproduce, run_gates
    from forebear.api.cuts import CutOptions, Cutting, cut, recover
    from forebear.api.engines import connect, doctor
    from forebear.api.files import Drift, drift, graph, init, render
    from forebear.api.fixes import Fixes, digests_of_today, fix
    from forebear.api.imports import Import, import_tree
    from forebear.api.lines import cut_lines
    from forebear.api.locks import check_lock, move_upstreams, outdated, write_lock
    from forebear.api.releases import (
        abort_promotion,
        abort_publication,
        promote,
        promotion_plan,
        prune,
        prune_plan,
        publication_plan,
        publish,
        record_schema,
        verify,
    )
    from forebear.api.reports import export_report
    from forebear.pins.audit.report import Report

_PLACES: Final = {
    "forebear.api.audits": "audit_files audit_lineage audit_rules audit_schema audit_settings compare_baseline",
    "forebear.api.builds": "Gated Options build gates_as_junit plan reproduce run_gates",
    "forebear.api.cuts": "CutOptions Cutting cut recover",
    "forebear.api.engines": "connect doctor",
    "forebear.api.files": "Drift drift graph init render",
    "forebear.api.fixes": "Fixes digests_of_today fix",
    "forebear.api.imports": "Import import_tree",
    "forebear.api.lines": "cut_lines",
    "forebear.api.locks": "check_lock move_upstreams outdated write_lock",
    "forebear.api.releases": "abort_promotion abort_publication promote promotion_plan prune prune_plan "
    "publication_plan publish record_schema verify",
    "forebear.api.reports": "export_report",
    "forebear.pins.audit.report": "Report",
}
_PLACE: Final = {name: module for module, names in _PLACES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """What is asked for by name (PEP 562). Raises AttributeError where there is no such thing."""
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(_PLACE[name]), name)
    return found


__all__ = [
    "CutOptions",
    "Cutting",
    "Drift",
    "Fixes",
    "Gated",
    "Import",
    "Options",
    "Report",
    "abort_promotion",
    "abort_publication",
    "audit_files",
    "audit_lineage",
    "audit_rules",
    "audit_schema",
    "audit_settings",
    "build",
    "check_lock",
    "compare_baseline",
    "connect",
    "cut",
    "cut_lines",
    "digests_of_today",
    "doctor",
    "drift",
    "export_report",
    "fix",
    "gates_as_junit",
    "graph",
    "import_tree",
    "init",
    "move_upstreams",
    "open_project",
    "outdated",
    "plan",
    "promote",
    "promotion_plan",
    "prune",
    "prune_plan",
    "publication_plan",
    "publish",
    "record_schema",
    "recover",
    "render",
    "reproduce",
    "run_gates",
    "verify",
    "write_lock",
]
