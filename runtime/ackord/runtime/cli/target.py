"""What ``ackord serve`` serves: from a text such as ``app:server`` to an application."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from ackord.runtime.errors import AckordError
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn.workers import Hosted
from ackord.runtime.server import Server

_LAYERS: Final = 32
"""Applications within each other that are looked through."""


class TargetError(AckordError):
    """The text doesn't name what can be served; the message says why."""


def load_target(target: str, app_dir: Path) -> Hosted:
    """Import what a text names.

    Raises:
        TargetError: it names nothing that can be served.
        Exception: the module or the function raised it.
    """
    module_name, colon, path = target.partition(":")
    if not colon or not path or not module_name:
        raise TargetError(f"{target!r} must be MODULE:NAME, such as app:server")
    if module_name.endswith(".py") or "/" in module_name:
        dotted = module_name.removesuffix(".py").strip("./").replace("/", ".")
        raise TargetError(f"{module_name!r} is a file: name the module, as {dotted}:{path}")
    folder = str(app_dir.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found: Any = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise TargetError(
            f"there is no module {error.name!r} in {folder} or among the installed ones"
        ) from None
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            near = get_close_matches(name, dir(found), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TargetError(f"{module_name!r} has no {name!r}{hint}") from None
    return _hosted(found, target)


def _hosted(found: Any, target: str) -> Hosted:
    if _is_factory(found):
        found = found()
        if inspect.iscoroutine(found):
            found.close()
            raise TargetError(f"{target!r} is a coroutine function: a plain function is needed")
    if isinstance(found, Server):
        return Hosted(found.asgi())
    if isinstance(found, AsgiApp):
        return Hosted(found)
    if not callable(found) or isinstance(found, type):
        raise TargetError(
            f"{target!r} is {_described(found)}, not a Server, a function that makes one, or an "
            "ASGI application"
        )
    engine_apps = list(dict.fromkeys(_engine_apps(found, _LAYERS)))
    if len(engine_apps) != 1:
        raise TargetError(
            f"{target!r} is {_described(found)} in which {len(engine_apps)} Ackord servers were "
            "found, where there must be one: name the Server itself, or server.asgi(other)"
        )
    application: Any = found
    return Hosted(engine_apps[0], application)


def _is_factory(found: Any) -> bool:
    """Whether it is called without arguments, unlike an ASGI application."""
    if isinstance(found, Server | AsgiApp | type) or not callable(found):
        return False
    try:
        inspect.signature(found).bind()
    except (TypeError, ValueError):
        return False
    return True


def _engine_apps(app: Any, layers: int) -> Iterator[AsgiApp]:
    """Find the engine's applications, in mounts and middlewares as Starlette has them."""
    if isinstance(app, AsgiApp):
        yield app
    elif layers:
        inner = getattr(app, "app", None)
        if inner is not None and inner is not app:
            yield from _engine_apps(inner, layers - 1)
        routes: Any = getattr(app, "routes", None)
        if isinstance(routes, list | tuple):
            for route in cast("Iterable[Any]", routes):
                yield from _engine_apps(route, layers - 1)


def _described(found: Any) -> str:
    if isinstance(found, type):
        return f"the class {found.__name__}"
    return f"an object of the class {type(found).__name__}"
