"""The results within docs/: tables between the markers of docs/benchmarks.md, raw results and plots
in docs/benchmarks/.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from tests.bench.plots import plots
from tests.bench.report import targets_report, workload_report
from tests.bench.results import Results

BEGIN: Final = "<!-- results: `python -m tests.bench --write-docs` writes them -->"
END: Final = "<!-- end of the results -->"
CAPTIONS: Final = {
    "cpu.svg": "CPU of the server for each message or delivery, by system and workload",
    "connections.svg": "CPU and memory of a connection, by system",
    "latency.svg": "Latency at fixed rates, by system",
    "growth.svg": "How the cost of a message grows with events, rooms and namespaces",
}


def write_docs(results: Results, docs: Path) -> list[str]:
    """Write page, plots and raw results; return what was written, relative to `docs`."""
    raw = f"benchmarks/{results.circumstances.date[:10]}.json"
    drawn = plots(results)
    results.save(docs / raw)
    for earlier in (docs / "benchmarks").glob("*.svg"):
        earlier.unlink()
    for name, plot in drawn.items():
        plot.save(docs / "benchmarks" / name)
    page = docs / "benchmarks.md"
    page.write_text(with_results(page.read_text(encoding="utf-8"), results, raw), encoding="utf-8")
    return [page.name, raw, *(f"benchmarks/{name}" for name in drawn)]


def texts_of(svg: Path) -> list[str]:
    """Return what is written on a plot."""
    root = ET.parse(svg).getroot()  # noqa: S314  # drawn by `write_docs`
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def with_results(page: str, results: Results, raw: str) -> str:
    """Return the page with these results between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/benchmarks.md needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{section(results, raw)}\n{END}{after}"


def section(results: Results, raw: str) -> str:
    """Lay out the results for the page."""
    about = results.circumstances
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    machine = ", ".join(
        f"{name} {value}" if name in {"cores", "kernel"} else value
        for name, value in about.machine.items()
    )
    parts = [
        (
            f"Measured on {about.date} at commit `{about.commit}`: {results.rounds} rounds of "
            f"{results.seconds:g} s; raw results in [{raw}]({raw})."
        ),
        f"Machine: {machine}.",
        f"Versions: {versions}.",
        *([about.note] if about.note else []),
        "",
        targets_report(results, "markdown"),
        *(f"![{CAPTIONS[name]}](benchmarks/{name})\n" for name in plots(results)),
        *(workload_report(workload, "markdown") for workload in results.workloads),
    ]
    return "\n".join(parts)
