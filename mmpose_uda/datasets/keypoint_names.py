"""Names of keypoints, which must agree between data sets and models."""

from typing import Any, Sequence

from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.errors import UserError


def keypoint_names(metainfo: dict) -> list[str]:
    """Names in order, from a data set's ``metainfo`` or a model's ``dataset_meta``."""
    return list(metainfo['keypoint_id2name'].values())


def parse_definition(metainfo: dict, owner: str) -> dict[str, Any]:
    """Turn a keypoint definition in mmpose's format into its ``dataset_meta``.

    Args:
        metainfo (dict): The definition.
        owner (str): What it belongs to, for the message.

    Raises:
        UserError: It is not a valid definition.
    """
    try:
        return parse_pose_metainfo(dict(metainfo))
    except MemoryError:
        raise
    except Exception as error:  # mmpose does not validate it
        reason = ' '.join(f'{type(error).__name__}: {error}'.split()).rstrip('.: ')
        raise UserError(
            f'The `metainfo` of {owner} is not a definition of keypoints ({reason}): write '
            "it like those in mmpose's configs/_base_/datasets."
        ) from error


def require_same_keypoints(owners: dict[str, Sequence[str]], remedy: str) -> None:
    """Check that all owners have the same keypoints in the same order.

    Args:
        owners (dict[str, Sequence[str]]): Owner, worded to follow 'of' -> the names.
        remedy (str): What to do if they differ, for the message.

    Raises:
        UserError: An owner's keypoints differ from those of the first.
    """
    (first, expected), *others = owners.items()
    for owner, names in others:
        if list(names) != list(expected):
            raise UserError(
                f'The {len(expected)} keypoints of {first} ({", ".join(expected)}) are not '
                f'the {len(names)} of {owner} ({", ".join(names)}): {remedy}.'
            )
