from __future__ import annotations

import pytest
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.proxies import TrustedProxies
from ackord.runtime.errors import UsageError
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import Site


@pytest.mark.parametrize(
    ("trusted", "address", "forwarded", "client"),
    [
        ((), "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (("10.0.0.0/8",), "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (("192.0.2.1",), "192.0.2.1", "203.0.113.9", "203.0.113.9"),
        (("192.0.2.1",), "192.0.2.1", None, "192.0.2.1"),
        (("192.0.2.1",), "192.0.2.1", "", "192.0.2.1"),
        (
            ("192.0.2.1",),
            "192.0.2.1",
            "1.1.1.1, 203.0.113.9",
            "203.0.113.9",
        ),  # the left one may be made up
        (
            ("192.0.2.0/24", "10.0.0.0/8"),
            "192.0.2.1",
            "1.1.1.1, 203.0.113.9, 10.1.2.3",
            "203.0.113.9",
        ),
        (("192.0.2.1", "10.0.0.0/8"), "192.0.2.1", "10.1.1.1, 10.1.2.3", "10.1.1.1"),
        (("192.0.2.1",), "192.0.2.1", "203.0.113.9:4711", "203.0.113.9"),
        (("192.0.2.1",), "192.0.2.1", "[2001:db8::1]:443", "2001:db8::1"),
        (("192.0.2.1",), "192.0.2.1", "2001:db8::1", "2001:db8::1"),
        (("192.0.2.1",), "::ffff:192.0.2.1", "203.0.113.9", "203.0.113.9"),
        (("2001:db8::/32",), "2001:db8::2", "203.0.113.9", "203.0.113.9"),
        (("192.0.2.1",), "192.0.2.1", "unknown", "192.0.2.1"),
        (("192.0.2.1",), "192.0.2.1", "203.0.113.9, <script>", "192.0.2.1"),
        (("unix",), "", "203.0.113.9", "203.0.113.9"),
        (("192.0.2.1",), "", "203.0.113.9", ""),
        (("192.0.2.1",), "testclient", "203.0.113.9", "testclient"),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_trusted_proxy(
    trusted: tuple[str, ...], address: str, forwarded: str | None, client: str
) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert TrustedProxies(trusted).peer(address, headers, secure=False) == (client, False)


@pytest.mark.parametrize(
    ("trusted", "address", "header", "forwarded", "client"),
    [
        ((), "203.0.113.9", None, "", "203.0.113.9"),
        ((), "::ffff:203.0.113.9", None, "", "203.0.113.9"),
        ((), "2001:db8:1:2:3:4:5:6", None, "", "2001:db8:1:2::/64"),
        ((), "2001:db8:1:3:3:4:5:6", None, "", "2001:db8:1:3::/64"),
        # Who may be a proxy for many is nobody.
        *(
            ((), address, None, "", "")
            for address in (
                "",
                "testclient",
                "127.0.0.1",
                "127.1.2.3",
                "::1",
                "::ffff:127.0.0.1",
                "10.1.2.3",
                "172.31.0.1",
                "192.168.0.1",
                "169.254.1.1",
                "fe80::1%eth0",
                "fd00::1",
                "100.64.0.1",
                "::ffff:10.1.2.3",
            )
        ),
        *(
            ((), "203.0.113.9", header, "198.51.100.7", "")
            for header in ("x-forwarded-for", "forwarded", "x-real-ip")
        ),
        (
            (),
            "203.0.113.9",
            "x-forwarded-for",
            ",".join(["203.0.113.9", *["198.51.100.7"] * 9000]),
            "",
        ),
        (
            (),
            "203.0.113.9",
            "x-forwarded-for",
            "198.51.100.7, 203.0.113.9",
            "203.0.113.9",
        ),  # the host has read it
        # What a trusted proxy says is believed, and without that it's nobody itself.
        (("10.0.0.1",), "10.0.0.1", "x-forwarded-for", "203.0.113.9", "203.0.113.9"),
        (("10.0.0.1",), "10.0.0.1", "x-forwarded-for", "2001:db8::1:443", "2001:db8::/64"),
        (("10.0.0.1",), "10.0.0.1", "x-forwarded-for", "192.168.1.7", "192.168.1.7"),
        (("10.0.0.0/8",), "10.0.0.1", "x-forwarded-for", "10.1.1.1, 10.1.2.3", ""),
        (("10.0.0.1",), "10.0.0.1", None, "", ""),
        (("10.0.0.1",), "10.0.0.1", "x-forwarded-for", "unknown", ""),
        (("unix",), "", "x-forwarded-for", "203.0.113.9", "203.0.113.9"),
        (("unix",), "", None, "", ""),
    ],
)
def test_limits_count_a_client_under_its_address_unless_that_may_be_a_proxys(
    trusted: tuple[str, ...], address: str, header: str | None, forwarded: str, client: str
) -> None:
    headers = {} if header is None else {header: forwarded}
    proxies = TrustedProxies(trusted)
    assert (
        proxies.identify(address, proxies.peer(address, headers, secure=False)[0], headers)
        == client
    )


@pytest.mark.parametrize(
    ("trusted", "secure", "protocol", "expected"),
    [
        ((), False, "https", False),
        ((), True, "http", True),
        (("192.0.2.1",), False, "https", True),
        (("192.0.2.1",), False, "http, HTTPS", True),
        (("192.0.2.1",), True, "http", False),
        (("192.0.2.1",), True, None, True),
        (("192.0.2.1",), False, "wss", True),
    ],
)
def test_a_trusted_proxy_says_whether_the_client_came_over_tls(
    trusted: tuple[str, ...], *, secure: bool, protocol: str | None, expected: bool
) -> None:
    headers = {} if protocol is None else {"x-forwarded-proto": protocol}
    assert TrustedProxies(trusted).peer("192.0.2.1", headers, secure=secure)[1] is expected


def test_a_thousand_hops_are_read_in_no_time() -> None:
    hops = ", ".join(["10.0.0.1"] * 1000)
    assert TrustedProxies(["10.0.0.0/8"]).peer(
        "10.0.0.1", {"x-forwarded-for": hops}, secure=False
    ) == ("10.0.0.1", False)


@pytest.mark.parametrize("entries", [("proxy.example",), ("10.0.0.1/8",), ("",), "10.0.0.1"])
def test_what_is_no_network_is_refused(entries: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        EngineOptions(trusted_proxies=entries)


@pytest.mark.parametrize(
    ("trusted", "expected"), [((), ("192.0.2.1", False)), (("192.0.2.1",), ("203.0.113.9", True))]
)
def test_defect_12_the_session_knows_its_client_behind_trusted_proxies_only(
    trusted: tuple[str, ...], expected: tuple[str, bool]
) -> None:
    async def scenario() -> None:
        site = Site(trusted_proxies=trusted)
        await site.get(
            "EIO=4&transport=polling",
            headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"},
        )
        request = site.recorder.socket.request
        assert (request.address, request.secure) == expected

    run(scenario())


def test_a_list_of_trusted_addresses_without_end_is_not_read_to_its_end() -> None:
    proxies = TrustedProxies(["10.0.0.0/8"])
    forwarded = ",".join(["192.0.2.9", *["10.1.1.1"] * 3000])
    assert proxies.peer("10.0.0.1", {"x-forwarded-for": forwarded}, secure=False) == (
        "10.1.1.1",
        False,
    )
    assert proxies.peer(
        "10.0.0.1", {"x-forwarded-for": "192.0.2.9,10.1.1.1,10.1.1.2"}, secure=False
    ) == ("192.0.2.9", False)
