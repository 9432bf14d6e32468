from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench.child import ROOT
from tests.bench.page import BEGIN, END, texts_of, with_results, write_docs
from tests.bench.plots import plots
from tests.bench.results import Results
from tests.bench.samples import latency, results, samples, workload

DOCS = ROOT / "docs"


def committed() -> tuple[str, str]:
    """Return the page, and the raw results that it links to."""
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    (raw,) = re.findall(r"\]\((benchmarks/[-0-9]+\.json)\)", page)
    return page, raw


def test_the_page_is_what_its_raw_results_give() -> None:
    page, raw = committed()
    assert page == with_results(page, Results.load(DOCS / raw), raw)


def test_the_plots_are_what_the_raw_results_give(tmp_path: Path) -> None:
    # Compared by their texts: other versions of matplotlib may place them elsewhere.
    _, raw = committed()
    drawn = plots(Results.load(DOCS / raw))
    assert {path.name for path in (DOCS / "benchmarks").glob("*.svg")} == set(drawn)
    for name, plot in drawn.items():
        plot.save(tmp_path / name)
        assert texts_of(DOCS / "benchmarks" / name) == texts_of(tmp_path / name)


def test_writing_keeps_the_prose_around_the_results(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Before\n\n{BEGIN}\n\nold\n{END}\n\nAfter.\n", encoding="utf-8")
    measured = results(workload("echo-100", ackord=samples(8.0), node=samples(10.0)))
    assert write_docs(measured, tmp_path) == [
        "benchmarks.md",
        "benchmarks/2026-11-23.json",
        "benchmarks/cpu.svg",
    ]
    text = page.read_text(encoding="utf-8")
    assert text.startswith(
        f"# Before\n\n{BEGIN}\n\nMeasured on 2026-11-23 04:00 UTC at commit `0123456789ab`: 3 "
        "rounds of 1 s"
    )
    assert text.endswith(f"{END}\n\nAfter.\n")
    assert "old" not in text
    assert "Machine: A processor, cores 2." in text
    assert "Versions: uvicorn 0.1, zod 4.0." in text
    assert Results.load(tmp_path / "benchmarks/2026-11-23.json") == measured
    write_docs(measured, tmp_path)
    assert page.read_text(encoding="utf-8") == text


def test_plots_of_an_earlier_run_go(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"{BEGIN}{END}", encoding="utf-8")
    write_docs(
        results(workload("latency-1000", node=samples(9.0, latency=latency(100, 3000)))), tmp_path
    )
    write_docs(results(workload("echo-100", node=samples(9.0))), tmp_path)
    assert [path.name for path in (tmp_path / "benchmarks").glob("*.svg")] == ["cpu.svg"]


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        with_results("# A page\n", results(), "benchmarks/x.json")
