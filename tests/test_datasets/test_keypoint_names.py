import pytest

from mmpose_uda import UserError
from mmpose_uda.datasets.keypoint_names import keypoint_names, require_same_keypoints


def test_names_in_their_order():
    metainfo = dict(keypoint_id2name={0: 'nose', 1: 'eye'})
    assert keypoint_names(metainfo) == ['nose', 'eye']


def test_the_same_names_of_all():
    require_same_keypoints(dict(a=['x', 'y'], b=('x', 'y'), c=['x', 'y']), 'mend it')


@pytest.mark.parametrize('others', [['y', 'x'], ['x'], ['x', 'y', 'z'], []])
def test_says_who_has_which(others):
    owners = dict(one=['x', 'y'], two=['x', 'y'], three=others)
    message = (
        f'The 2 keypoints of one (x, y) are not the {len(others)} of three '
        f'({", ".join(others)}): mend it.'
    )
    with pytest.raises(UserError) as error:
        require_same_keypoints(owners, 'mend it')
    assert str(error.value) == message
