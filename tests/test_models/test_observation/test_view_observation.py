import torch
from model_factory import INPUT_SIZE, build_adaptive, make_batch


def test_what_a_view_shows():
    """Centres of pixels are integers, and a pixel reaches half a px around its centre."""
    model = build_adaptive()
    batch = model.data_preprocessor(make_batch(), training=True)
    view = model.observe(**batch)['target_student']
    width, height = INPUT_SIZE
    assert view.size(torch.zeros(1)).tolist() == [width, height]
    last = torch.tensor([width - 1.0, height - 1.0])
    points = torch.stack([last * 0, last, last * 0 - 0.4, last + 0.4, last * 0 - 0.6])
    points = torch.stack([*points, last + torch.tensor([0.0, 0.6]), last * torch.nan])[None]
    shown = [True, True, True, True, False, False, False]
    assert view.shows(points)[0].tolist() == shown
    deep = torch.cat([points, torch.full_like(points[..., :1], 1e3)], -1)
    assert view.shows(deep)[0].tolist() == shown
