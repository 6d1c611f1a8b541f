"""The findings of a data check."""

from dataclasses import dataclass, field


@dataclass
class FileRow:
    """A file or folder that a config needs.

    Args:
        owner (str): What needs it, such as 'source' or ``model.estimator.backbone``.
        what (str): What it is, such as 'annotation file'.
        path (str): Its path.
        state (str): 'there', 'missing' or 'remote' (at a network address).
    """

    owner: str
    what: str
    path: str
    state: str


@dataclass
class DataReport:
    """Everything that a check found out about the data of a config.

    Args:
        files (list[FileRow]): Files and folders that the config needs.
        facts (dict[str, dict[str, str]]): Data set -> name of a fact -> fact.
        visible (dict[str, dict[str, float]]): Labelled data set -> keypoint -> share of
            the instances in which it is visible.
        remarks (list[str]): What the user should know although it is not wrong.
        problems (list[str]): What is wrong, one sentence each.
    """

    files: list[FileRow] = field(default_factory=list)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    visible: dict[str, dict[str, float]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def share(part: int, whole: int) -> str:
    """Format a count with its share of the whole, such as '3 (1.5 %)'."""
    return f'{part} ({100 * part / whole:.1f} %)' if whole else '0'
