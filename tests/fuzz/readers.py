"""Look for bytes that a reader of ours cannot take, led by the code that they reach: python tests/fuzz/readers.py NAME --seconds 300

Needs Linux or macOS and `pip install -c constraints.txt -e '.[test,fuzz]'`. What was reached is kept under .assistant/fuzz/NAME, so that
the next run goes on from there; what breaks a reader is kept beside and can be repeated: python tests/fuzz/readers.py NAME FILE
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".assistant" / "fuzz"
NAMES = ("text", "encoding", "html", "mail", "rtf", "csv", "epub", "opendocument", "archive", "sidecar", "feed", "citations")
LIBRARIES = ("email.message", "email.headerregistry", "striprtf.striprtf", "tomlkit", "trafilatura", "yaml")
"""The parsers that are Python: their code leads the fuzzer as ours does."""
LIMIT_S, LIMIT_MB, LIMIT_BYTES = 20, 1_500, 20_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("all", *NAMES), help="the reader; all: one after the other")
    parser.add_argument("files", nargs="*", type=Path, help="read just these, as a fault found earlier")
    parser.add_argument("--seconds", type=int, default=60, help="for each reader (60)")
    given = parser.parse_args()
    if given.name == "all":
        command = [sys.executable, __file__, "--seconds", str(given.seconds)]
        failed = [name for name in NAMES if subprocess.run([*command, name], check=False).returncode]
        print("Faults were found in: " + ", ".join(failed) if failed else "No fault was found.")
        return bool(failed)
    sys.path[0] = str(ROOT)  # in place of this script's folder
    warnings.simplefilter("ignore")
    if given.files:
        return repeat(given.name, given.files)
    try:
        import atheris
    except ImportError:
        print("The fuzzer is not installed. Run: pip install -c constraints.txt -e '.[test,fuzz]'", file=sys.stderr)
        return 1
    with atheris.instrument_imports(include=["assistant", *(library.partition(".")[0] for library in LIBRARIES)]):
        for library in LIBRARIES:
            importlib.import_module(library)  # ours import theirs when first needed, which is too late
        from tests.fuzz.targets import TARGETS
    target = TARGETS[given.name]
    folder = KEPT / given.name
    (folder / "reached").mkdir(parents=True, exist_ok=True)
    for n, seed in enumerate(target.seeds()):
        (folder / "reached" / f"seed-{n}").write_bytes(seed)
    (folder / "words").write_text("".join(f'"{escaped(word)}"\n' for word in target.words))
    options = {"max_total_time": given.seconds, "timeout": LIMIT_S, "rss_limit_mb": LIMIT_MB, "max_len": LIMIT_BYTES, "print_final_stats": 1}
    options |= {"dict": folder / "words", "artifact_prefix": f"{folder}/"}
    atheris.Setup([sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(folder / "reached")], target.check)
    atheris.Fuzz()  # does not return: the process ends, with another status than 0 after a fault
    return 0


def repeat(name: str, files: list[Path]) -> int:
    """Give a reader these files; an exception tells what is wrong."""
    from tests.fuzz.targets import TARGETS

    for file in files:
        TARGETS[name].check(file.read_bytes())
        print(f"{file} is read without a fault.")
    return 0


def escaped(word: str) -> str:
    """A word as libFuzzer's dictionaries take it."""
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    sys.exit(main())
