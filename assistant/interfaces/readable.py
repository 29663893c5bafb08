"""The JSON of answers, hits and passages -> plain text for a language model to read, with the places it needs to cite and to read on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.types import AbstainReason

Json = Mapping[str, Any]


def answer_text(answer: Json) -> str:
    """Statements with their numbers, then what each number stands for."""
    parts = [answer["text"]] if answer["text"] else []
    if answer["abstained"]:
        parts.append(answer["abstained"]["message"])
        if answer["abstained"]["reason"] == AbstainReason.NOT_IN_SOURCES:
            parts.append("The nearest passages can be had with search.")
    weak = [statement["text"] for statement in answer["statements"] if statement["support"] in ("partly", "unsupported")]
    parts += [f"Not fully borne out by what it cites: {text}" for text in weak]
    for disagreement in answer["disagreements"]:
        sides = "; ".join(f"{claim['value']} [{claim['citation']}]" for claim in disagreement["values"])
        parts.append(f"The sources differ on {disagreement['about']}: {sides}")
    parts += [f"[{cited['number']}] {_place(cited)}\n“{cited['quote']}”" for cited in answer["citations"]]
    return "\n\n".join([*parts, *answer["notices"]])


def hits_text(hits: list[Json]) -> str:
    if not hits:
        return "No passages. The filters may leave none, or there are no documents: list_sources says."
    return "\n\n".join(f"{hit['rank']}. {_place(hit)}\n{hit['text']}" for hit in hits)


def passage_text(passage: Json) -> str:
    """The passage between its surroundings, marked with » and «."""
    document = passage["document"]
    place = _place({**document, "start": passage["start"], "end": passage["end"]})
    return f"{place}, of {document['n_chars']} characters\n\n{passage['before']}»{passage['text']}«{passage['after']}"


def sources_text(listed: Json, offset: int) -> str:
    documents = listed["documents"]
    later = listed["superseded"]
    lines = [_described(each) + (f" · superseded by {later[each['source']]}" if each["source"] in later else "") for each in documents]
    shown = f"{offset + 1} to {offset + len(documents)} of {listed['total']} documents" if documents else f"None of {listed['total']} documents"
    more = f" More with offset {offset + len(documents)}." if documents and offset + len(documents) < listed["total"] else ""
    return "\n".join([f"{shown}.{more}", *lines, *listed["notices"]])


def _described(document: Json) -> str:
    facts = [document.get(key) for key in ("title", "publisher", "published")]
    return " · ".join([document["source"], *(fact for fact in facts if fact)])


def _place(span: Json) -> str:
    return f"{_described(span)} · characters {span['start']}-{span['end']}"
