"""Benchmarks that the package makes itself: a body in renders and in photographs.

``ensure_builtin('hand', root)`` writes an ordinary data set of two domains,
``rendered`` (source) and ``photo`` (target), read by the class that reads users'
own data.

What the labels mean: keypoints are the joints inside the flesh, all of them inside the
picture. Flag 2 says that nothing but the joint's own flesh is in front of it, flag 1
that an object or another part of the hand hides it. Masks cover the visible bare skin
of the hand and of the arm up to 60 mm behind the wrist; sleeves and objects are
background. Boxes are those of the hand without the arm.

How it is made: a model of bones (``hand_*``) moves a skin (``skinned_mesh``) that is
drawn (``rasterizer``, ``surface``, ``lighting``) and made into pictures by one of two
``looks``; ``writer`` and ``store`` put them on disk. Only ``hand*`` knows of hands.
"""

from .store import ensure_builtin

__all__ = ['ensure_builtin']
