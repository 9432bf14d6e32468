"""The whole report: every workload, then the targets."""

from __future__ import annotations

from tests.bench.results import Results, WorkloadResult
from tests.bench.tables import Format, remarks, targets_table, workload_table
from tests.bench.targets import judge


def workload_report(workload: WorkloadResult, form: Format) -> str:
    """Show a workload's table, and what is to be said about it."""
    table = workload_table(workload).render(form)
    said = "\n\n".join(remark.render(form) for remark in remarks(workload))
    return f"{table}\n\n{said}\n" if said else f"{table}\n"


def targets_report(results: Results, form: Format) -> str:
    """Show the targets of the workloads that were measured; empty without."""
    verdicts = judge(results)
    if not verdicts:
        return ""
    return (
        targets_table(
            verdicts, {workload.name: workload.title for workload in results.workloads}
        ).render(form)
        + "\n"
    )
