import pytest
import torch
from mmpose.registry import MODELS
from model_factory import INPUT_SIZE, PREPROCESSOR, VIEWS, make_batch


@pytest.fixture
def preprocessor():
    return MODELS.build(dict(type='ViewDataPreprocessor', preprocessor=PREPROCESSOR))


def normalised(images):
    """RGB of zero mean and unit deviation from BGR bytes."""
    mean = torch.tensor(PREPROCESSOR['mean'])[:, None, None]
    std = torch.tensor(PREPROCESSOR['std'])[:, None, None]
    return (images.flip(-3) - mean) / std


@pytest.mark.parametrize('kind', [torch.uint8, torch.float32])
def test_normalises_every_view(preprocessor, kind):
    batch = make_batch()
    batch['inputs'] = {view: x.to(kind) for view, x in batch['inputs'].items()}
    before = {view: images.clone() for view, images in batch['inputs'].items()}
    out = preprocessor(batch, training=True)
    assert list(out['inputs']) == list(out['data_samples']) == list(VIEWS)
    for view in VIEWS:
        expected = normalised(before[view].float())
        torch.testing.assert_close(out['inputs'][view], expected)
        assert len(out['data_samples'][view]) == 2
        for sample in out['data_samples'][view]:
            assert sample.metainfo['batch_input_shape'] == INPUT_SIZE[::-1]
    # pictures are drawn of the batch after the step: it must stay raw
    for view in VIEWS:
        assert torch.equal(batch['inputs'][view], before[view])


def test_batches_without_views_are_processed_as_in_mmpose(preprocessor):
    batch = make_batch()
    images, samples = batch['inputs']['source'], batch['data_samples']['source']
    out = preprocessor(dict(inputs=list(images), data_samples=samples))
    torch.testing.assert_close(out['inputs'], normalised(images.float()))
    assert len(out['data_samples']) == 2
