"""The public functions: everything that the command line does, with typed values in and out."""

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
from forebear.project import load as open_project

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
