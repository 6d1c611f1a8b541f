"""SURREAL to LSP with the views of the paper's figure: teacher weak, student strong.

The figure of arXiv 2404.14885 gives the teacher a weakly augmented view and the student a
strongly augmented one, which is then occluded; the released code, and with it
`configs/uda/surreal2lsp.py`, augments both alike. Weak is our reading of it: small shifts
and other sizes, no rotation, colours as they are. Both views lie within the same square.

In the figure the discriminator sees features behind an "enhanced feature model". The
released code has no such module, so it is not built here either: the discriminator sees
the features themselves.
"""

_base_ = ['surreal2lsp.py']

weak_target = [*_base_.weak_view, _base_.pack]
train_dataloader = dict(dataset=dict(views=dict(target_teacher=weak_target)))
