"""Converts checkpoints of stock estimators to those of an adaptation."""

from typing import Any

import torch

STUDENT = 'student.'
TEACHER = 'teacher.module.'
TEACHER_STEPS = 'teacher.steps'


def is_plain(state_dict: dict[str, Any]) -> bool:
    """Whether weights are those of a plain estimator, such as any of mmpose's."""
    is_adapted = any(key.startswith((STUDENT, TEACHER)) for key in state_dict)
    return not is_adapted and any(key.startswith('backbone.') for key in state_dict)


def as_adapted(state_dict: dict[str, Any]) -> dict[str, Any]:
    """Convert the weights of a plain estimator to those of a student and equal teacher.

    Args:
        state_dict (dict[str, Tensor]): That of any checkpoint.

    Returns:
        dict[str, Tensor]: With the names of a ``DomainAdaptivePoseEstimator``; unchanged if
        it has them already.
    """
    if not is_plain(state_dict):
        return state_dict
    networks = {
        prefix + key: value
        for prefix in (STUDENT, TEACHER)
        for key, value in state_dict.items()
    }
    # one update: the one that copies the student
    return {**networks, TEACHER_STEPS: torch.tensor(1)}
