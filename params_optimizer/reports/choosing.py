"""A finding of a validation that chooses anew, in words and JSON."""

from pathlib import Path

from params_optimizer.reports.render_text import blocks_text
from params_optimizer.reports.sections.choosing import blocks_of
from params_optimizer.reports.subject import Content, Subject
from params_optimizer.storage.tables import write_sealed
from params_optimizer.validation.finding import Finding


def finding_content(subject: Subject, finding: Finding) -> Content:
    """All of it as plain content for JSON."""
    return {
        **subject.head,
        "title": finding.title,
        "sentences": list(finding.sentences),
        "rows": [dict(row) for row in finding.rows],
        "good": finding.good,
    }


def finding_text(subject: Subject, finding: Finding) -> str:
    """All of it in words and figures."""
    return blocks_text(subject.heading, list(blocks_of(finding_content(subject, finding))))


def write_finding(subject: Subject, name: str, finding: Finding, folder: Path) -> Path:
    """Write `{SYMBOL}_{NAME}.json`."""
    path = folder / f"{subject.symbol}_{name}.json"
    write_sealed(path, finding_content(subject, finding))
    return path
