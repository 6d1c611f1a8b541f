"""Benchmarks that the package generates: a body in renders and in photographs.

``ensure_builtin('hand', root)`` writes an ordinary data set of two domains,
``rendered`` (source) and ``photo`` (target), read by the class that reads users'
own data. The bodies are 'hand' (HAND21), 'human' (HUMAN16), 'human17' (HUMAN17) and
'animal' (ANIMAL18). People of 'human' take any pose and are seen from anywhere; those of
'human17' are upright and turned by at most 60 degrees (``human_range`` explains why).

What the labels mean: keypoints are the joints inside the flesh. Flag 2 means that
nothing but the joint's own flesh is in front of it, flag 1 that an object or another
part of the body hides it, flag 0 that it is outside the picture, which happens only to
'human'. Masks cover the visible part of the body: of a person, including clothes and
hair; of a hand, the bare skin up to 60 mm behind the wrist, with sleeves as background.
Objects, and other people behind, are background. Boxes enclose the part of the body
inside the picture, of a hand without the arm.

How it is made: a model of bones moves a skin (``skinned_mesh``) that is drawn
(``rasterizer``, ``surface``, ``lighting``) and turned into pictures by one of two
``looks`` from a ``scene``; ``writer`` and ``store`` write them to disk. These modules use
only the interface of ``body``; only ``hand*``, ``human*`` and ``animal*`` are specific to
one. The latter two are a ``jointed_body`` each, with a ``skeleton``, the ``flesh`` on it
and ``pose_families``.
"""

from .store import ensure_builtin

__all__ = ['ensure_builtin']
