"""The table of what was observed: a row for each attack on each server, and where this one did
worse than Node's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.attack.attacks import ATTACKS
from tests.attack.observe import Observation
from tests.attack.target import NODE, SYSTEMS
from tests.bench.tables import Format, Table

COLUMNS: Final = (
    "attack",
    "server",
    "longest wait",
    "refused",
    "MB before",
    "at the peak",
    "after",
    "log",
    "CPU",
    "done",
)
SAME_WAIT: Final = (1.5, 0.25)
"""A wait is as good as Node's up to so many times as long and so many seconds longer: what other
processes of the machine do to it.
"""
SAME_MEMORY: Final = (1.2, 25.0)
"""The same for megabytes that an attack takes."""
SAME_LOG: Final = 100_000
"""Bytes of log that are as good as none."""

BEGIN: Final = "<!-- results: written by --markdown -->\n"
END: Final = "<!-- end of results -->\n"

Rows = Mapping[str, Mapping[str, Observation]]


def report(rows: Rows, form: Format) -> str:
    """Lay out the table, and what is to be said about it."""
    cells = [
        [
            name if index == 0 else "",
            SYSTEMS[system],
            *_figures(observed, hosts=system == "asgi" and bool(ATTACKS[name].host)),
        ]
        for name, row in rows.items()
        for index, (system, observed) in enumerate(row.items())
    ]
    parts = [Table("What a stranger noticed", COLUMNS, cells).render(form)]
    hosts = {
        attack.host: None
        for name, attack in ATTACKS.items()
        if attack.host and "asgi" in rows.get(name, {})
    }
    if hosts:
        parts.append(f"* On plain ASGI this is the host's affair: {'; '.join(hosts)}.")
    found = worse(rows)
    if any(NODE in row for row in rows.values()):
        parts.append(
            "\n".join(["Worse than Node's:", *(f"- {line}" for line in found)])
            if found
            else "Nothing is worse than Node's."
        )
    return "\n\n".join(parts)


def write_markdown(path: Path, table: str) -> None:
    """Write the table into a page, between the two lines that mark its place, or into a file that
    has no such lines as all that it holds.
    """
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    text = f"{before}{begin}\n{table}\n\n{end}{after}" if end else f"{table}\n"
    path.write_text(text, encoding="utf-8")


def line(attack: str, system: str, observed: Observation) -> str:
    """Say in one line what was observed, for who waits for the table."""
    figures = zip(COLUMNS[2:], _figures(observed, hosts=False), strict=True)
    return f"{attack}, {SYSTEMS[system]}: " + ", ".join(
        f"{name} {figure}" for name, figure in figures
    )


def _figures(observed: Observation, *, hosts: bool) -> list[str]:
    refused = sum(observed.failures.values())
    return [
        f"{observed.longest:.2f} s",
        "the server ended"
        if observed.has_ended
        else f"{refused} of {observed.visits}{'*' if hosts else ''}",
        f"{observed.before:.0f}",
        f"{observed.peak:.0f}",
        f"{observed.after:.0f}",
        f"{observed.log_bytes / 1000:.0f} KB",
        f"{observed.cpu:.1f} s",
        observed.done
        + (f" ({observed.failures.most_common(1)[0][0]})" if observed.failures else ""),
    ]


def worse(rows: Rows) -> list[str]:
    """Say where this server is worse than Node's, but for what is the host's affair."""
    found: list[str] = []
    for name, row in rows.items():
        node = row.get(NODE)
        for system, observed in row.items():
            if node is None or system == NODE or (system == "asgi" and ATTACKS[name].host):
                continue
            found += [f"{name}, {SYSTEMS[system]}: {what}" for what in _worse(observed, node)]
    return found


def _worse(ours: Observation, node: Observation) -> list[str]:
    if ours.has_ended or node.has_ended:
        return ["the server ended"] if ours.has_ended and not node.has_ended else []
    found: list[str] = []
    refused, allowed = sum(ours.failures.values()), sum(node.failures.values())
    if refused * node.visits > allowed * ours.visits:
        found.append(f"{refused} of {ours.visits} visits refused, {allowed} of {node.visits} there")
    if ours.longest > max(node.longest * SAME_WAIT[0], node.longest + SAME_WAIT[1]):
        found.append(f"a wait of {ours.longest:.2f} s, {node.longest:.2f} s there")
    for what, taken, least in (
        ("at the peak", ours.peak - ours.before, node.peak - node.before),
        ("after", ours.after - ours.before, node.after - node.before),
    ):
        if taken > max(least * SAME_MEMORY[0], least + SAME_MEMORY[1]):
            found.append(f"{taken:.0f} MB more {what}, {least:.0f} MB there")
    if ours.log_bytes > node.log_bytes + SAME_LOG:
        found.append(f"{ours.log_bytes / 1000:.0f} KB of log, {node.log_bytes / 1000:.0f} KB there")
    return found
