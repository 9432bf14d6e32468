"""The TypeScript target: a contract's plan becomes the files of a package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, ClassVar, Final

from ackord.codegen.documentation import first_paragraph
from ackord.codegen.errors import Problem
from ackord.codegen.header import header
from ackord.codegen.plan import Plan
from ackord.codegen.target import NameKind, Options
from ackord.codegen.templates import template_environment
from ackord.codegen.typescript.annotations import BRANDS, Annotations
from ackord.codegen.typescript.converters import Converters
from ackord.codegen.typescript.events_view import EventMaps
from ackord.codegen.typescript.limits import limit_definitions
from ackord.codegen.typescript.mock_view import MockViews
from ackord.codegen.typescript.namespace_view import NamespaceViews
from ackord.codegen.typescript.naming import name_everything
from ackord.codegen.typescript.patterns import foreign_patterns
from ackord.codegen.typescript.reserved import NAMES
from ackord.codegen.typescript.schemas import Schemas
from ackord.codegen.typescript.settings import OPTIONS, read_settings
from ackord.codegen.typescript.text import bracketed, literal
from ackord.codegen.typescript.type_views import TypeViews
from ackord.schema import Contract

API: Final = 1
"""Number of the form of generated TypeScript."""

_VALUES: Final = (
    "AckTimeoutError",
    "ConnectRefusedError",
    "ConnectionFailedError",
    "DisconnectedError",
    "ResultError",
    "SlowConsumerError",
    "fail",
    "ok",
    "unwrap",
)
"""What every package exports of the wrapper."""
_MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "converters": "./converters.js",
        "mocking": "./mocking.js",
        "wire": "./runtime.js",
        "schemas": "./schemas.js",
    }
)
"""What modules of the package are called where they are imported as a whole, and their files."""
_PACKAGE: Final = "ackord.codegen.typescript"
_TYPES: Final = (
    "CallOptions",
    "ConnectOptions",
    "Result",
    "StreamOptions",
    "UnknownError",
    "Unsubscribe",
)


class TypeScriptTarget:
    """A package with the types and the client's side of a contract."""

    name: ClassVar[str] = "typescript"
    options: ClassVar[Mapping[str, tuple[str, ...]]] = OPTIONS

    @property
    def reserved_names(self) -> Mapping[NameKind, AbstractSet[str]]:
        """See `ackord.codegen.target.Target.reserved_names`."""
        return NAMES

    def problems(self, plan: Plan) -> tuple[Problem, ...]:
        """See `ackord.codegen.target.Target.problems`."""
        return (*name_everything(plan).problems, *foreign_patterns(plan.contract))

    def directory_problem(self, name: str, contract: Contract) -> str | None:  # noqa: ARG002
        """See `ackord.codegen.target.Target.directory_problem`: every name is one."""
        return None

    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        """See `ackord.codegen.target.Target.generate`."""
        return _Package(plan, options).files()


class _Package:
    def __init__(self, plan: Plan, options: Options) -> None:
        self._plan = plan
        self._names = name_everything(plan)
        self._settings = read_settings(options.chosen)
        self._header = header(options.source, API)
        self._environment = template_environment(_PACKAGE, {"inside": _inside})

    def files(self) -> Mapping[str, str]:
        types, used = self._types()
        files = {
            "types.ts": types,
            "events.ts": self._events(),
            "runtime.ts": self._runtime(),
        }
        converters = list(Converters(self._plan, self._names, self._settings).definitions())
        if self._plan.namespaces:
            files["client.ts"], more = self._client()
            used |= more
            files["mock.ts"] = self._mock()
            files["mocking.ts"] = self._render("mocking.ts")
        limits = list(limit_definitions(self._plan, self._names))
        if limits:
            files["limits.ts"] = self._render("limits.ts", definitions=limits)
        if converters:
            files["converters.ts"] = self._render("converters.ts", converters=converters)
        if self._settings.validates:
            files["schemas.ts"] = self._schemas()
            files["validation.ts"] = self._render("validation.ts", settings=self._settings)
        return {**files, "index.ts": self._index(used)}

    def _types(self) -> tuple[str, set[str]]:
        views = TypeViews(self._plan, self._names, self._settings)
        definitions = list(views.definitions())
        text = self._render(
            "types.ts",
            doc=first_paragraph(self._plan.contract.doc),
            version=literal(self._plan.contract.version),
            definitions=definitions,
            imports=self._imports(views.annotations, types=False),
        )
        return text, views.annotations.runtime

    def _events(self) -> str:
        maps = EventMaps(self._plan, self._names, self._settings)
        views = list(maps.views())
        imports = self._imports(maps.annotations)
        return self._render("events.ts", namespaces=views, imports=imports)

    def _client(self) -> tuple[str, set[str]]:
        views = NamespaceViews(self._plan, self._names, self._settings)
        namespaces = views.views()
        contract = self._plan.contract
        connect_options = views.annotations.use("ConnectOptions")
        has_auth = any(each.auth is not None for each in namespaces)
        auth = views.annotations.use("Auth") if has_auth else ""
        imports = self._imports(views.annotations)
        used = {"wire", *views.arguments.modules}
        if views.validation.is_used:
            used.add("schemas")
        text = self._render(
            "client.ts",
            namespaces=namespaces,
            contract=literal(f"{contract.name}@{contract.version}"),
            imports="\n".join((*_modules(used), *filter(None, [imports]))),
            connect_options=connect_options,
            auth=auth,
        )
        return text, views.annotations.runtime

    def _mock(self) -> str:
        views = MockViews(self._plan, self._names, self._settings)
        namespaces = list(views.views())
        clients = sorted(each.names.client for each in namespaces)
        modules = [
            bracketed("import { ", clients, ' } from "./client.js";'),
            *_modules({"mocking", *views.arguments.modules}),
        ]
        imports = "\n".join((*modules, *filter(None, [self._imports(views.annotations)])))
        return self._render("mock.ts", namespaces=namespaces, imports=imports)

    def _schemas(self) -> str:
        schemas = Schemas(self._plan, self._names, self._settings)
        views = list(schemas.views())
        imports = self._imports(schemas.annotations, types=False)
        uses_types = any(
            "types." in text for each in views for text in (each.type or "", each.expression)
        )
        return self._render("schemas.ts", schemas=views, imports=imports, uses_types=uses_types)

    def _runtime(self) -> str:
        settings = self._settings
        converts = settings.int64 == "bigint" or settings.datetime == "Date"
        return self._render(
            "runtime.ts",
            scalars=BRANDS.values(),
            unknown=self._names.unknown_code,
            settings=settings,
            converts=converts,
        )

    def _index(self, used: Iterable[str]) -> str:
        brands = {name for name, _ in BRANDS.values()} & set(used)
        types = {*_TYPES, *({"JsonObject", "JsonValue"} & set(used))}
        values = (*_VALUES, "InvalidPayloadError") if self._settings.validates else _VALUES
        return self._render(
            "index.ts",
            has_clients=bool(self._plan.namespaces),
            values=[self._exported(name) for name in sorted({*values, *brands})],
            validates=self._settings.validates,
            types=[self._exported(name) for name in sorted(types)],
        )

    def _exported(self, name: str) -> str:
        local = self._names.imported(name)
        return name if local == name else f"{name} as {local}"

    def _imports(self, annotations: Annotations, *, types: bool = True) -> str:
        lines: list[str] = []
        if annotations.runtime:
            listed = [self._exported(name) for name in sorted(annotations.runtime)]
            lines.append(bracketed("import type { ", listed, ' } from "./runtime.js";'))
        if types and annotations.types:
            listed = sorted(annotations.types)
            lines.append(bracketed("import type { ", listed, ' } from "./types.js";'))
        return "\n".join(lines)

    def _render(self, file: str, **values: Any) -> str:
        template = self._environment.get_template(f"{file}.jinja")
        return template.render(header=self._header, **values)


def _modules(used: AbstractSet[str]) -> list[str]:
    """Write the imports of modules of the package."""
    return [f'import * as {name} from "{file}";' for name, file in _MODULES.items() if name in used]


def _inside(text: str) -> str:
    """Write a text inside of a comment."""
    return text.replace("*/", "*\\/")
