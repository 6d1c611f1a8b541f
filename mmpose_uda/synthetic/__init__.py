"""Benchmarks that the package makes itself: a body in renders and in photographs.

``ensure_builtin('hand', root)`` writes an ordinary data set of two domains,
``rendered`` (source) and ``photo`` (target), read by the class that reads users'
own data. The bodies are 'hand' (HAND21), 'human' (HUMAN16), 'human17' (HUMAN17) and
'animal' (ANIMAL18). People of 'human' do anything and are seen from anywhere; those of
'human17' are upright and turned by at most 60 degrees (``human_range`` says why).

What the labels mean: keypoints are the joints inside the flesh. Flag 2 says that
nothing but the joint's own flesh is in front of it, flag 1 that an object or another
part of the body hides it, flag 0 that the picture's edge cuts it off, which happens to
'human' alone. Masks cover what is visible of the body: of a person with clothes and
hair; of a hand the bare skin up to 60 mm behind the wrist, sleeves being background.
Objects and other people behind are background. Boxes are those of the body inside the
picture, of a hand without the arm.

How it is made: a model of bones moves a skin (``skinned_mesh``) that is drawn
(``rasterizer``, ``surface``, ``lighting``) and made into pictures by one of two
``looks`` from a ``scene``; ``writer`` and ``store`` put them on disk. They know bodies
as ``body`` says; only ``hand*``, ``human*`` and ``animal*`` know of one. The latter two
share a ``skeleton``, the ``flesh`` on it and ``pose_families`` as a ``jointed_body``.
"""

from .store import ensure_builtin

__all__ = ['ensure_builtin']
