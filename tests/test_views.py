import pytest

from mmpose_uda import UserError
from mmpose_uda.views import View, feeding_statistics, view_of


@pytest.mark.parametrize(
    'name, domain, network',
    [
        ('source', 'source', 'student'),
        ('source_2', 'source', 'student'),
        ('source_teacher', 'source', 'teacher'),
        ('target_student', 'target', 'student'),
        ('target_teacher', 'target', 'teacher'),
        ('target', 'target', 'student'),
    ],
)
def test_a_name_says_where_from_and_for_whom(name, domain, network):
    assert view_of(name) == View(name, domain, network)


def test_a_name_without_a_domain_is_refused():
    with pytest.raises(UserError, match='The view `teacher` belongs to no domain'):
        view_of('teacher')


@pytest.mark.parametrize(
    'views, statistics, expected',
    [
        (['source', 'target_teacher', 'target_student'], 'target', {'target_student'}),
        (['source', 'target_teacher', 'target_student'], 'source', {'source'}),
        (['source', 'target_student'], 'both', {'source', 'target_student'}),
        # before adaptation there is nothing else to take them from
        (['source'], 'target', {'source'}),
        (['target_teacher'], 'target', set()),
    ],
)
def test_running_statistics_are_those_of_a_domain(views, statistics, expected):
    assert feeding_statistics(views, statistics) == expected
