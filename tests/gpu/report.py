"""The results of a run as Markdown."""

from __future__ import annotations

from typing import Any

from figures import GOALS

Data = dict[str, Any]


def markdown(data: Data) -> str:
    """Return the report."""
    parts = [
        f"# GPU run, {data['about']['date'][:10]}",
        summary(data),
        "## Goals\n\n" + goals(data),
        "## Steps\n\n" + steps(data),
        *(section(step) for step in data["steps"] if has_findings(step)),
        listing("Skipped", skips(data)),
        listing("Failures", failures(data)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary(data: Data) -> str:
    """Return the paragraph about the machine and the run."""
    about = data["about"]
    facts = {
        record["name"]: record["value"]
        for step in data["steps"]
        if step["name"] == "machine"
        for record in step["records"]
        if record["kind"] == "fact"
    }
    sentences = [
        f"Card: {facts.get('card', 'no GPU')}.",
        f"Processor: {facts.get('processor', 'unknown')}, {facts.get('cores', 'unknown')} cores.",
        f"Wheel: `{about['wheel']}`. Device: `{about['device']}`.",
        f"Time limit of all steps: {about['seconds']:g} s.",
    ]
    if about["device"] == "cpu":
        sentences.append("**A rehearsal on the CPU: no goal is judged.**")
    return " ".join(sentences)


def goals(data: Data) -> str:
    """Return a row for each figure that a goal is about, and for each goal without one."""
    lines = ["| goal | bound | measured | met |", "| --- | --- | --- | --- |"]
    for key, goal in GOALS.items():
        found = [one for _, one in of_kind(data, "figure") if one.get("goal") == key]
        for one in found:
            cells = (f"{goal.title}: {one['name']}", goal.bound, value_of(one), met(one))
            lines.append(row(*cells))
        if not found:
            lines.append(row(goal.title, goal.bound, "not measured", ""))
    return "\n".join(lines)


def met(record: Data) -> str:
    """Say whether a figure meets its goal."""
    if record["met"] is None:
        return ""
    if record["met"]:
        return "yes"
    return f"no: {record['unmet']}" if record.get("unmet") else "no"


def steps(data: Data) -> str:
    """Return how each step went."""
    lines = ["| step | what it does | s | limit | outcome |", "| --- | --- | ---: | ---: | --- |"]
    for step in data["steps"]:
        outcome = f"{step['outcome']}: {step['detail']}" if step["detail"] else step["outcome"]
        lines.append(
            row(
                step["name"],
                step["title"],
                f"{step['seconds']:.1f}",
                f"{step['limit']:.0f}",
                outcome,
            )
        )
    return "\n".join(lines)


def has_findings(step: Data) -> bool:
    """Say whether a step found out anything."""
    return any(record["kind"] != "skip" for record in step["records"])


def section(step: Data) -> str:
    """Return everything that a step found out."""
    lines = [f"## {step['name']}: {step['title']}", "", "| | |", "| --- | --- |"]
    for record in step["records"]:
        if record["kind"] == "check":
            passed = "passed" if record["passed"] else "**failed**"
            detail = f", {record['detail']}" if record["detail"] else ""
            lines.append(row(record["name"], passed + detail))
        elif record["kind"] != "skip":
            lines.append(row(record["name"], value_of(record)))
    return "\n".join(lines)


def value_of(record: Data) -> str:
    """Return a value with its unit."""
    value = record["value"]
    if isinstance(value, float):
        value = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value} {record.get('unit', '')}".strip()


def skips(data: Data) -> list[str]:
    """Return what was skipped, and why."""
    return [
        f"{step}{', ' + record['name'] if record['name'] else ''}: {record['why']}"
        for step, record in of_kind(data, "skip")
    ]


def failures(data: Data) -> list[str]:
    """Return what failed, each with the end of its output."""
    found = []
    for step in data["steps"]:
        if step["outcome"] == "failed":
            tail = "\n".join(step["stderr"].strip().splitlines()[-15:])
            block = "\n\n" + indented(f"```\n{tail}\n```") if tail else ""
            found.append(f"{step['name']}: {step['detail']}{block}")
    return found


def of_kind(data: Data, kind: str) -> list[tuple[str, Data]]:
    """Return the records of a kind, each with the name of its step."""
    return [
        (step["name"], record)
        for step in data["steps"]
        for record in step["records"]
        if record["kind"] == kind
    ]


def listing(title: str, lines: list[str]) -> str:
    """Return a section with a list; nothing if there is nothing to list."""
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def indented(text: str) -> str:
    """Indent a block that belongs to an item of a list."""
    return "\n".join(f"  {line}" for line in text.splitlines())


def row(*cells: object) -> str:
    """Return a row of a table; a cell must not end it."""
    texts = [str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells]
    return f"| {' | '.join(texts)} |"
