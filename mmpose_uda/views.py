"""What the name of a view means. It is said here; everybody else asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mmpose_uda.errors import UserError

Domain = Literal['source', 'target']
Network = Literal['student', 'teacher']
TestStatistics = Literal['target', 'source', 'both']

DOMAINS: tuple[Domain, ...] = ('source', 'target')
TARGET_TEACHER = 'target_teacher'
"""The undisturbed target image, in which the teacher finds keypoints and foreground."""


@dataclass(frozen=True)
class View:
    """One of the pictures that a draw yields.

    Attributes:
        name (str): As configs have it, such as 'target_student'.
        domain (str): Where the picture is from: how the name begins.
        network (str): Who looks at it: the teacher where the name ends in ``_teacher``.
    """

    name: str
    domain: Domain
    network: Network

    @property
    def is_of_student(self) -> bool:
        """Whether the student looks at it, and so learns from it."""
        return self.network == 'student'


def view_of(name: str) -> View:
    """The view of a name.

    Raises:
        UserError: It is of no domain.
    """
    for domain in DOMAINS:
        if name.startswith(domain):
            is_taught = name.endswith('_teacher')
            network: Network = 'teacher' if is_taught else 'student'
            return View(name, domain, network)
    raise UserError(
        f'The view `{name}` belongs to no domain: let its name begin with `source` or '
        '`target`.'
    )


def feeding_statistics(names: Iterable[str], statistics: TestStatistics) -> set[str]:
    """The views that BatchNorm layers take their running statistics from.

    Args:
        names (Iterable[str]): The views of a step.
        statistics (str): The domain whose statistics the network is tested with, or
            'both'.

    Returns:
        set[str]: Those of the student and that domain; all of the student's in a step
        that has none of it.
    """
    seen = [view for view in map(view_of, names) if view.is_of_student]
    chosen = [view for view in seen if view.domain == statistics]
    return {view.name for view in chosen or seen}
