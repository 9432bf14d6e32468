"""A folder with generated TypeScript, in which npm's tools check and bundle it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ackord.codegen import generate, write
from ackord.schema import load_contract

from tests.node.required import require_node
from tests.node.toolchain import MODULES

GOLDEN: Final = Path(__file__).parent / "golden"
COMPILERS: Final = ("typescript-oldest", "typescript", "typescript-newest")
"""The packages of TypeScript: the oldest version that is supported, the last 5, the newest."""
_STRICT: Final = {
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "noImplicitOverride": True,
    "noPropertyAccessFromIndexSignature": True,
    "noImplicitReturns": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "noFallthroughCasesInSwitch": True,
    "isolatedModules": True,
    "verbatimModuleSyntax": True,
    "target": "ES2022",
    "module": "NodeNext",
    "moduleResolution": "NodeNext",
    "lib": ["ES2022", "DOM"],
    "types": [],
    "noEmit": True,
    "skipLibCheck": True,
}
_ESLINT: Final = """
import tseslint from "typescript-eslint";
export default tseslint.configs.strict;
"""


class Project:
    """A folder with npm's packages."""

    def __init__(self, directory: Path) -> None:
        self._node = require_node()
        self.directory = directory
        self._bundles: list[Path] = []
        (directory / "node_modules").symlink_to(MODULES, target_is_directory=True)
        (directory / "package.json").write_text('{"type": "module"}')
        (directory / "tsconfig.json").write_text(json.dumps({"compilerOptions": _STRICT}))
        (directory / "eslint.config.mjs").write_text(_ESLINT)

    def add_package(
        self, name: str, options: Mapping[str, str], *, called: str | None = None
    ) -> None:
        """Generate the package of a golden contract."""
        write(generate_golden(name, options), self.directory / (called or name))

    def compile(self, compiler: str) -> list[str]:
        """Return what a compiler reports, line by line."""
        done = self.run(f"{compiler}/bin/tsc", "--project", ".", "--pretty", "false")
        return done.stdout.splitlines()

    def lint(self) -> str:
        """Return what eslint reports with the strict rules of typescript-eslint."""
        done = self.run("eslint/bin/eslint.js", ".")
        return done.stdout + done.stderr

    def bundle(self, entry: str, *options: str) -> Path:
        """Bundle a file with what it imports."""
        out = self.directory / "bundles" / f"{len(self._bundles)}.cjs"
        self._bundles.append(out)
        binary = MODULES / ".bin" / "esbuild"
        command = [str(binary), entry, "--bundle", "--log-level=warning", f"--outfile={out}"]
        subprocess.run([*command, *options], cwd=self.directory, check=True, timeout=110)
        return out

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of npm's packages in the folder."""
        return subprocess.run(
            [self._node, str(MODULES / script), *arguments],
            cwd=self.directory,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def generate_golden(name: str, options: Mapping[str, str]) -> Mapping[str, str]:
    """Return the TypeScript files of a golden contract."""
    result = load_contract(GOLDEN / name / "schema.yaml")
    assert result.contract is not None, result.diagnostics
    return generate(result.contract, source="schema.yaml", target="typescript", options=options)
