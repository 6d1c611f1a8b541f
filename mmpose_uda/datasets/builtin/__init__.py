"""Benchmarks that the package makes itself: a body in renders and in photographs.

`ensure_builtin('hand', root)` writes an ordinary data set of two domains, `rendered`
(source) and `photo` (target), which is read by the class that reads users' own data.
"""
from .store import ensure_builtin

__all__ = ['ensure_builtin']
