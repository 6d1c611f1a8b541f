"""Checkpoints of stock estimators as those of an adaptation."""

from typing import Any

import torch

STUDENT = 'student.'
TEACHER = 'teacher.module.'
TEACHER_STEPS = 'teacher.steps'


def is_plain(state_dict: dict[str, Any]) -> bool:
    """Whether weights are those of an estimator alone, such as any of mmpose's."""
    is_adapted = any(key.startswith((STUDENT, TEACHER)) for key in state_dict)
    return not is_adapted and any(key.startswith('backbone.') for key in state_dict)


def as_adapted(state_dict: dict[str, Any]) -> dict[str, Any]:
    """Weights of a plain estimator as those of a student and its equal teacher.

    Args:
        state_dict (dict[str, Tensor]): Any checkpoint's.

    Returns:
        dict[str, Tensor]: With names of a ``DomainAdaptivePoseEstimator``; as it is, where
        it has them.
    """
    if not is_plain(state_dict):
        return state_dict
    networks = {
        prefix + key: value
        for prefix in (STUDENT, TEACHER)
        for key, value in state_dict.items()
    }
    # one update: that of a student that is copied
    return {**networks, TEACHER_STEPS: torch.tensor(1)}
