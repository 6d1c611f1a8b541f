"""What a check has found out."""

from dataclasses import dataclass, field


@dataclass
class FileRow:
    """A file or folder that a config needs.

    Args:
        owner (str): Who needs it, such as 'source' or ``model.estimator.backbone``.
        what (str): What it is, such as 'annotation file'.
        path (str): Where.
        state (str): 'there', 'missing' or 'remote', of what has an address on a network.
    """

    owner: str
    what: str
    path: str
    state: str


@dataclass
class DataReport:
    """All that is known of the data of a config.

    Args:
        files (list[FileRow]): What the config needs.
        facts (dict[str, dict[str, str]]): Data set -> name of a fact -> fact.
        visible (dict[str, dict[str, float]]): Labelled data set -> keypoint -> share of
            the instances that it is visible in.
        remarks (list[str]): What the user should know though it is not wrong.
        problems (list[str]): What is wrong, a sentence each.
    """

    files: list[FileRow] = field(default_factory=list)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    visible: dict[str, dict[str, float]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def share(part: int, whole: int) -> str:
    """Of how many how many, such as '3 (1.5 %)'."""
    return f'{part} ({100 * part / whole:.1f} %)' if whole else '0'
