import pytest

from mmpose_uda import UserError
from mmpose_uda.adaptation.split import split_target
from mmpose_uda.adaptation.target_images import TargetImage


def images(count):
    return [TargetImage(f'{n}', (8, 8), [[0, 0, 8, 8]]) for n in range(count)]


def paths(images):
    return {image.path for image in images}


@pytest.mark.parametrize('count, held_out', [(36, 12), (40, 13), (100, 12), (1000, 100)])
def test_held_out_images_are_spread_and_not_trained_on(count, held_out):
    split, folds = split_target(images(count))
    assert not folds
    assert len(split.held_out) == held_out
    assert paths(split.trained) == paths(images(count)) - paths(split.held_out)


@pytest.mark.parametrize('count', [10, 35])
def test_few_images_are_all_trained_on_and_each_held_out_once(count):
    split, folds = split_target(images(count))
    assert split.trained == images(count) and not split.held_out
    looked_at = [image for fold in folds for image in fold.held_out]
    assert len(looked_at) == count and paths(looked_at) == paths(images(count))
    for fold in folds:
        assert paths(fold.trained) == paths(images(count)) - paths(fold.held_out)
        assert len(fold.trained) >= 0.6 * count


@pytest.mark.parametrize('count', [14, 50])
def test_images_that_are_trained_on_with_labels_are_no_measure(count):
    known = {'0', '3', '5'}
    split, folds = split_target(images(count), known)
    for one in folds or [split]:
        assert paths(one.held_out).isdisjoint(known)
        assert known <= paths(one.trained)
    with pytest.raises(UserError, match=f'{count - 2} of the {count} images are labelled'):
        split_target(images(count), paths(images(count)[2:]))
