"""What the name of a view means; this is the only place that defines it."""

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
        name (str): Its name in configs, such as 'target_student'.
        domain (str): Where the picture is from; the name begins with it.
        network (str): What sees it: the teacher if the name ends in ``_teacher``, else
            the student.
    """

    name: str
    domain: Domain
    network: Network

    @property
    def is_of_student(self) -> bool:
        """Whether the student sees it, and so learns from it."""
        return self.network == 'student'


def view_of(name: str) -> View:
    """Return the view that a name stands for.

    Raises:
        UserError: The name begins with no domain.
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
    """Return the views that BatchNorm layers take their running statistics from.

    Args:
        names (Iterable[str]): The views of a step.
        statistics (str): The domain whose statistics the network is tested with, or
            'both'.

    Returns:
        set[str]: The student's views of that domain; all of the student's views for
        'both', or in a step that has none of that domain.
    """
    seen = [view for view in map(view_of, names) if view.is_of_student]
    chosen = [view for view in seen if view.domain == statistics]
    return {view.name for view in chosen or seen}
