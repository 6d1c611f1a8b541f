from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpose_uda.datasets.output_names import mask_name, output_stems


def test_a_name_is_that_of_the_image_without_its_suffix():
    names = ['a.jpg', 'walk/a.jpg', 'walk/b.c.png', './d.jpg']
    assert output_stems(names) == {
        'a.jpg': 'a',
        'walk/a.jpg': 'walk/a',
        'walk/b.c.png': 'walk/b.c',
        './d.jpg': 'd',
    }
    assert mask_name('walk/a', 3) == 'walk/a_3.png'


def test_images_that_differ_in_their_suffix_keep_it():
    assert output_stems(['a.jpg', 'a.png', 'b.png']) == {
        'a.jpg': 'a.jpg',
        'a.png': 'a.png',
        'b.png': 'b',
    }
    # one image's name is another's without its suffix
    assert output_stems(['a.jpg', 'a.png', 'a.jpg.png'])['a.jpg.png'] == 'a.jpg.png'
    assert output_stems(['a.jpg', 'a.jpg.png']) == {
        'a.jpg': 'a',
        'a.jpg.png': 'a.jpg.png',
    }


@pytest.mark.parametrize(
    'name',
    ['../../victim/x.jpg', '/victim/x.jpg', 'victim/../victim/x.jpg', '//victim/x.jpg'],
)
def test_nothing_leads_out_of_the_folder(name):
    stem = output_stems([name])[name]
    assert stem.endswith('victim/x') and '..' not in stem and not stem.startswith('/')


def test_images_of_several_folders_have_several_names():
    names = ['a.jpg', '../a.jpg', '/a.jpg', '../../a.jpg']
    assert list(output_stems(names).values()) == ['a', 'a.jpg~2', 'a.jpg~3', 'a.jpg~4']


PARTS = st.sampled_from(['a', 'b', '..', '.', 'a.jpg', 'a.png', 'a.jpg.png', 'a.jpg~2'])


@given(st.lists(st.tuples(st.booleans(), st.lists(PARTS, min_size=1, max_size=4))))
def test_names_are_different_and_inside_whatever_the_images_are_called(paths):
    names = ['/' * rooted + '/'.join(parts) + '/x.jpg' for rooted, parts in paths]
    names += ['/'.join([*parts[:-1], 'a.jpg~2']) for _, parts in paths]
    stems = output_stems(names)
    assert set(stems) == set(names)
    assert len(set(stems.values())) == len(stems)
    for stem in stems.values():
        path = PurePosixPath(stem)
        assert not path.is_absolute() and '..' not in path.parts and stem not in ('', '.')
