"""A contract on the command line: arguments, answers and events are checked by the code that
`ackord generate` would write for it.

So there is one way of checking a payload (docs/decisions/0030).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from ackord.runtime.cli.contract_files import generate_files
from ackord.runtime.cli.outcome import FAILED, WRONG_USAGE, fail
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.values import encode_value
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.model import Error, UnknownError
from ackord.runtime.validation.issues import describe


class DescribedNamespace:
    """One namespace of a contract, and what is said in it."""

    def __init__(self, contract: NamespaceContract) -> None:
        self._contract = contract
        self._sent = {event.name: event for event in contract.client_to_server}
        self._received = {event.name: event for event in contract.server_to_client}

    @property
    def contract_name(self) -> ContractName | None:
        """Name and version of the contract."""
        return self._contract.contract_name

    def check_auth(self, text: str | None) -> None:
        """Check the JSON text of CONNECT's payload."""
        if self._contract.auth is None:
            return
        try:
            self._contract.auth.read(text or "{}")
        except FailureReply as failure:
            hint = "" if text else "; give it with --auth"
            fail(f"--auth isn't as declared: {describe(failure.issues or ())}{hint}", WRONG_USAGE)

    def find_sent(self, name: str) -> Event[Any]:
        """Return an event that clients may send; exit if there is none of this name."""
        event = self._sent.get(name)
        if event is None:
            where = f"of clients in namespace {self._contract.path}"
            near = _near(name, self._sent)
            fail(f"the contract has no event {name!r} {where}{near}", WRONG_USAGE)
        return event

    def check_received(self, names: Iterable[str]) -> None:
        """Check that the server may send events of these names."""
        for name in names:
            if name not in self._received:
                where = f"of the server in namespace {self._contract.path}"
                near = _near(name, self._received)
                fail(f"the contract has no event {name!r} {where}{near}", WRONG_USAGE)

    def problem_of(self, name: str, values: Sequence[Any]) -> str | None:
        """Say what is wrong with an event of the server, if anything is."""
        event = self._received.get(name)
        if event is None:
            return "the contract has no such event of the server"
        try:
            text, attachments = encode_value([name, *values])
        except InvalidPayloadError as error:
            return str(error)
        return _problem_of(event, EncodedEvent(name, text, attachments))


def check_arguments(event: Event[Any], encoded: EncodedEvent, given: int) -> None:
    """Exit if the arguments of an event aren't as declared; `given` is their number."""
    if given > len(event.args):
        fail(f"event {event.name!r} has {len(event.args)} arguments, not {given}", WRONG_USAGE)
    problem = _problem_of(event, encoded)
    if problem is not None:
        fail(f"the arguments of {event.name!r} aren't as declared: {problem}", WRONG_USAGE)


def is_error(event: Event[Any], reply: AckReply) -> bool:
    """Tell whether an acknowledgement is an error.

    Raises:
        InvalidAckError: it isn't as declared.
    """
    return isinstance(event.reply.decode_reply(reply), Error | UnknownError)


def load_namespace(path: Path, namespace: str) -> DescribedNamespace:
    """Return what a contract says of a namespace; exit if it can't be read, or says nothing."""
    contracts = _load(path)
    found = next((each for each in contracts if _describes(each, namespace)), None)
    if found is None:
        near = _near(namespace, [contract.path for contract in contracts])
        fail(f"the contract has no namespace {namespace!r}{near}", WRONG_USAGE)
    return DescribedNamespace(found)


def _describes(contract: NamespaceContract, namespace: str) -> bool:
    params = contract.params
    if params is None:
        return contract.path == namespace
    return params.parse(namespace) is not None


def _load(path: Path) -> list[NamespaceContract]:
    files = generate_files(path, "--contract")
    try:
        events = _import(files)
    except Exception as error:  # noqa: BLE001  # types of the application are imported
        fail(f"the code of the contract can't be imported: {type(error).__name__}: {error}", FAILED)
    return [value for value in vars(events).values() if isinstance(value, NamespaceContract)]


def _import(files: Mapping[str, str]) -> ModuleType:
    with TemporaryDirectory(prefix="ackord_contract_") as folder:
        package = Path(folder, Path(folder).name)
        package.mkdir()
        for name, text in files.items():
            (package / name).write_text(text, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            return import_module(f"{package.name}.events")
        finally:
            sys.path.remove(folder)


def _problem_of(event: Event[Any], encoded: EncodedEvent) -> str | None:
    try:
        event.arguments.decode(encoded.arguments, encoded.attachments)
    except FailureReply as failure:
        return describe(failure.issues or ()) or failure.message
    return None


def _near(name: str, names: Iterable[str]) -> str:
    known = sorted(names)
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; it has {', '.join(known[:20])}" if known else "; it has none"
