"""The functions of the data path that there are twice: as the runtime has them in Python, and as
they were built from C.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import BuiltinFunctionType, ModuleType
from typing import Any, Final

from ackord.runtime import compiled


@dataclass(frozen=True, slots=True)
class Functions:
    take_text: Callable[..., Any]
    take_texts: Callable[..., Any]
    split_event: Callable[..., Any]
    find_exponent: Callable[..., Any]


def load_extension(library: Path) -> ModuleType:
    """Import the extension module in `library`, whatever of its name is installed."""
    name = library.name.partition(".")[0]
    spec = spec_from_file_location(name, library, loader=ExtensionFileLoader(name, str(library)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_c(library: Path) -> Functions:
    module = load_extension(library)
    return Functions(**{field.name: getattr(module, field.name) for field in fields(Functions)})


def in_python() -> Functions:
    """What the runtime uses where the extra isn't installed, whether it is installed here or
    not.
    """
    found = {field.name: getattr(compiled, field.name) for field in fields(Functions)}
    try:
        for name in found:
            setattr(compiled, name, None)
        framing = _again("ackord.runtime.websocket.framing")
        packet = _again("ackord.runtime.protocol.socketio.packet")
        payloads = _again("ackord.runtime.sockets.payloads")
    finally:
        for name, value in found.items():
            setattr(compiled, name, value)

    def find_exponent(text: str) -> bool:
        return bool(payloads._find_exponent(text))

    return Functions(framing.take_text, framing.take_texts, packet.split_event, find_exponent)


def _again(name: str) -> ModuleType:
    """Run a module a second time, beside the one that the program uses."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PYTHON: Final = in_python()
"""The reference."""
assert not any(
    isinstance(getattr(PYTHON, field.name), BuiltinFunctionType) for field in fields(Functions)
)
