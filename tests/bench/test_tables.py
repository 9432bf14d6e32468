from __future__ import annotations

from tests.bench.report import targets_report, workload_report
from tests.bench.results import Latency, SystemResult
from tests.bench.samples import latency, results, sample, samples, workload


def test_a_workload_is_a_line_for_each_system() -> None:
    echo = workload(
        "echo-100",
        ackord=samples(7.0, 9.0, 8.0),
        node=samples(10.0, 10.0, 10.0),
        raw=SystemResult(failures=["it broke"] * 2),
    )
    assert workload_report(echo, "text").splitlines() == [
        "echo + ack 100 B, 100 clients",
        (
            "                                CPU µs/message  user  kernel               ÷ Node  "
            "messages/s  load's CPU"
        ),
        (
            "  Ackord                                  8.00  6.00    2.00  0.80 (0.70 to 0.90)    "
            "   2,000        1.00"
        ),
        (
            "  Node socket.io + zod                   10.00  7.50    2.50  1.00 (1.00 to 1.00)    "
            "   2,000        1.00"
        ),
        "  raw websockets, no Socket.IO          failed",
        "",
        "  ! raw websockets, no Socket.IO: 2 of 2 runs failed; the last one said:",
        "    it broke",
    ]


def test_a_page_has_the_same_as_markdown() -> None:
    broadcast = workload("broadcast-1000", ackord=samples(3.0), node=samples(4.0))
    assert workload_report(broadcast, "markdown").splitlines() == [
        "### broadcast to 1,000",
        "",
        "|  | CPU µs/delivery | user | kernel | ÷ Node | deliveries/s | load's CPU |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| Ackord | 3.00 | 2.25 | 0.75 | 0.75 (0.75 to 0.75) | 2,000 | 1.00 |",
        "| Node socket.io + zod | 4.00 | 3.00 | 1.00 | 1.00 (1.00 to 1.00) | 2,000 | 1.00 |",
    ]


def test_latency_and_memory_have_columns_of_their_own() -> None:
    fixed = workload(
        "latency-1000",
        ackord=samples(9.0, latency=latency(120, 1500)),
        node=samples(9.0, latency=latency(100, 3000)),
    )
    columns, ours = workload_report(fixed, "text").splitlines()[1:3]
    assert columns.split()[:4] == ["p50", "µs", "p99", "µs"]
    assert ours.split()[1:6] == ["120", "1,500", "0.50", "(0.50", "to"]
    accept = workload(
        "accept-10000", ackord=samples(50.0, resident=2048.0), node=samples(100.0, resident=8192.0)
    )
    columns, ours = workload_report(accept, "text").splitlines()[1:3]
    assert "KB RSS each" in columns
    assert ours.split()[-6:-1] == ["2.0", "0.25", "(0.25", "to", "0.25)"]


def test_without_node_there_are_no_ratios() -> None:
    assert workload_report(workload("echo-100", ackord=samples(8.0)), "text").splitlines()[
        2
    ].split() == [
        "Ackord",
        "8.00",
        "6.00",
        "2.00",
        "2,000",
        "1.00",
    ]


def test_what_makes_figures_doubtful_is_said() -> None:
    changed = workload(
        "echo-100", node=SystemResult([sample(0, 10.0, canary=10.0), sample(1, 10.0, canary=16.0)])
    )
    assert (
        "! The machine changed its state during these runs: a loopback exchange cost between "
        "10.0 and 16.0 µs." in workload_report(changed, "text")
    )
    busy = workload("echo-100", node=samples(10.0, load_cpu=11.0))
    assert (
        "the load generator used 11.00 µs for each message, more than the server"
        in workload_report(busy, "text")
    )
    crowded = workload(
        "echo-100", ackord=samples(10.0, waited=0.04), node=samples(10.0, 10.0, 10.0, waited=0.5)
    )
    assert (
        "! Something else ran on the server's core meanwhile: Node socket.io + zod waited for "
        "it for 50% of the time." in workload_report(crowded, "text")
    )
    assert "Something else" not in workload_report(
        workload("echo-100", ackord=samples(10.0, waited=0.04)), "text"
    )
    late = workload(
        "latency-1000",
        node=samples(10.0, load_cpu=11.0, latency=Latency(100.0, 200.0, 300.0, 400.0, lag=150.0)),
    )
    assert (
        "! Node socket.io + zod: the load generator itself was late by 150 µs, of the 300 µs "
        "of the 99th percentile." in workload_report(late, "text")
    )
    some = workload("echo-100", node=SystemResult([sample(0, 10.0)], ["it broke"]))
    assert (
        "! Node socket.io + zod: 1 of 2 runs failed; the last one said:\n    it broke"
        in workload_report(some, "text")
    )


def test_of_a_long_failure_the_ends_are_shown() -> None:
    failed = workload(
        "echo-100",
        node=SystemResult(failures=["\n".join(f"line {number}" for number in range(100))]),
    )
    report = workload_report(failed, "text")
    assert "    line 2\n    …\n    line 92\n" in report
    assert report.endswith("    line 99\n")


def test_targets_are_listed_with_what_was_measured() -> None:
    echo = workload("echo-100", ackord=samples(8.5), ackord_plain=samples(6.0), node=samples(10.0))
    assert targets_report(results(echo), "text").splitlines() == [
        "Targets",
        (
            "                                                         system         compared "
            "with             measured  at most"
        ),
        (
            "  echo + ack 100 B, 100 clients: CPU                     Ackord  Node socket.io + "
            "zod  0.85 (0.85 to 0.85)     0.80  missed"
        ),
        (
            "  echo + ack 100 B, 100 clients: CPU  Ackord, untyped plain def  Node socket.io + "
            "zod  0.60 (0.60 to 0.60)     0.70     met"
        ),
    ]
    assert targets_report(results(workload("echo-1", node=samples(1.0))), "text") == ""


def test_on_a_page_what_a_program_said_is_set_apart() -> None:
    failed = workload("echo-100", node=SystemResult(failures=["it broke\nbadly"]))
    report = workload_report(failed, "markdown")
    assert report.endswith(
        "\n\nNode socket.io + zod: 1 of 1 runs failed; the last one said:\n\n```text\nit "
        "broke\nbadly\n```\n"
    )
