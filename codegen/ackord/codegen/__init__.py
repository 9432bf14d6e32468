"""Code generation: a contract's IR becomes the files of a package; and the command line.

`generate` gives the files, `write` puts them into a directory, `diff` says what would change there.
"""

from ackord.codegen.errors import CodegenError as CodegenError
from ackord.codegen.errors import NotSupportedError as NotSupportedError
from ackord.codegen.errors import OutputFailedError as OutputFailedError
from ackord.codegen.errors import OutputRefusedError as OutputRefusedError
from ackord.codegen.generate import generate as generate
from ackord.codegen.output import Changes as Changes
from ackord.codegen.output import diff as diff
from ackord.codegen.output import write as write

__all__ = ["Changes", "CodegenError", "NotSupportedError", "OutputFailedError", "OutputRefusedError", "diff", "generate", "write"]
