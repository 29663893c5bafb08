"""How to install a package into the Python that this runs on. Out: the command's beginning, as one would type it where one stands."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path


def pip() -> str:
    """`pip`; in a virtual environment its own by path, `.venv/bin/pip`, relative where it lies below the working folder.

    The command is mostly run as `.venv/bin/assistant`, nothing activated; a bare `pip` would install elsewhere, or refuse to.
    """
    if sys.prefix == sys.base_prefix:
        return "pip"
    scripts = Path(sys.prefix, "Scripts" if os.name == "nt" else "bin")
    found = next(scripts.glob("pip.exe" if os.name == "nt" else "pip"), None)
    return _typed(found) if found else f"{_typed(Path(sys.executable))} -m pip"


def _typed(path: Path) -> str:
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))
