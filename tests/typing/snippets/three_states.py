"""A value, null and absence: three states, which both checkers tell apart."""

from typing import assert_never

from pydantic import MISSING
from tests.codegen.golden.every_type.expected import Absent, Code, TypesClient
from typing_extensions import assert_type


def describe(record: Absent) -> str:
    number = record.null_or_absent
    if number is MISSING:
        return "absent"
    if number is None:
        return "null"
    assert_type(number, int)
    return str(number + 1)


def show(record: Absent) -> str:
    match record.null_or_absent:
        case None:
            return "null"
        case int() as number:
            return str(number)
        case rest:
            if rest is MISSING:
                return "absent"
            assert_never(rest)


def careless(record: Absent) -> int:
    if record.null_or_absent is None:
        return 0
    return record.null_or_absent + 1  # E: mypy pyright


async def patch(client: TypesClient) -> None:
    await client.patch(Code(1), note=None)
    await client.patch(Code(1), note=b"x")
    await client.patch(Code(1), note=MISSING)
    await client.patch(Code(1), note=5)  # E: mypy pyright
    await client.patch(Code(1), name=MISSING)  # E: mypy pyright
    Absent(nullable=None, null_or_absent=MISSING)
    Absent(nullable=None, maybe=MISSING)  # E: mypy pyright
