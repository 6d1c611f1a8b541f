"""Columns say of every annotation what a look at it alone does."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mmpose_uda.datasets.coco_annotation import faults_of, labelled_points
from mmpose_uda.datasets.coco_columns import read_columns

K = 2
NUMBERS = st.sampled_from(
    [0, 1, 2, -1, 2.0, True, None, 0.4, 3, 7, '5', 'a', 10**400, 1e39, float('nan'), [1]]
)
FORMS = st.one_of(
    NUMBERS,
    st.lists(NUMBERS, max_size=7),
    st.lists(st.sampled_from([5, 2, 0]), min_size=6, max_size=6),
    st.lists(st.lists(st.sampled_from([5, 2, 0, 0.4]), min_size=3, max_size=3), max_size=3),
    st.sampled_from([{}, {'x': 1}, [[5, 2, 2, 5, 2, 2]], [[[5, 2, 2]], [[5, 2, 2]]]]),
)
BOXES = st.one_of(FORMS, st.lists(NUMBERS, min_size=4, max_size=4))
ANNOTATIONS = st.lists(
    st.fixed_dictionaries({}, optional=dict(bbox=BOXES, keypoints=FORMS, area=NUMBERS)),
    max_size=6,
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(ANNOTATIONS)
def test_all_at_once_or_one_by_one(annotations):
    columns = read_columns(annotations, K, 'a.json')
    for one, points, is_read, count in zip(
        annotations, columns.points, columns.are_read, columns.faults
    ):
        assert count == len(faults_of(one, 'a.json', K)), one
        if is_read and not count:
            np.testing.assert_array_equal(points, labelled_points(one, 'a.json', K))


def test_what_is_not_looked_at():
    columns = read_columns([dict(bbox=[1, 2, 3, 4], keypoints='none')], 0, 'a.json')
    assert columns.faults.tolist() == [0] and columns.are_plain
