import torch

from mmpose_uda.models.heads import ForegroundHead


def test_one_logit_a_position_of_the_last_map():
    head = ForegroundHead(in_channels=4)
    feats = (torch.randn(2, 8, 6, 6), torch.randn(2, 4, 3, 5))
    logits = head(feats)
    assert logits.shape == (2, 1, 3, 5)
    weight, bias = head.classifier.weight[0, :, 0, 0], head.classifier.bias
    expected = torch.einsum('bchw,c->bhw', feats[1], weight) + bias
    torch.testing.assert_close(logits[:, 0], expected)
