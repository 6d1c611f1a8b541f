"""The names of the keypoints, by which data sets and models agree or not."""

from typing import Any, Sequence

from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.errors import UserError


def keypoint_names(metainfo: dict) -> list[str]:
    """Names in their order, of a data set's ``metainfo`` or a model's ``dataset_meta``."""
    return list(metainfo['keypoint_id2name'].values())


def parse_definition(metainfo: dict, owner: str) -> dict[str, Any]:
    """mmpose's ``dataset_meta`` of a keypoint definition in its format.

    Args:
        metainfo (dict): The definition.
        owner (str): Whose it is, for the sentence.

    Raises:
        UserError: It is none.
    """
    try:
        return parse_pose_metainfo(dict(metainfo))
    except MemoryError:
        raise
    except Exception as error:  # mmpose takes it as it comes
        reason = ' '.join(f'{type(error).__name__}: {error}'.split()).rstrip('.: ')
        raise UserError(
            f'The `metainfo` of {owner} is no definition of keypoints ({reason}): write it '
            "as mmpose's configs/_base_/datasets have it."
        ) from error


def require_same_keypoints(owners: dict[str, Sequence[str]], remedy: str) -> None:
    """Check that all have the same keypoints in the same order.

    Args:
        owners (dict[str, Sequence[str]]): Who has them, as words after 'of' -> the names.
        remedy (str): What to do otherwise.

    Raises:
        UserError: Somebody has others than the first.
    """
    (first, expected), *others = owners.items()
    for owner, names in others:
        if list(names) != list(expected):
            raise UserError(
                f'The {len(expected)} keypoints of {first} ({", ".join(expected)}) are not '
                f'the {len(names)} of {owner} ({", ".join(names)}): {remedy}.'
            )
