"""Find where the values of a config's variables were copied when it was read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Optional


def places_of_copies(
    key: str, content: dict[str, Any], read: dict[str, Any], by_chance: bool = False
) -> list[str]:
    """Return what to change instead of a variable, or of something in it.

    The whole variable is searched for first, then the values in it on the way to the key:
    as they are, in a larger dict or list, or as the folder of a path.

    Args:
        key (str): Dotted key that begins with the variable.
        content (dict): The config.
        read (dict): The part of the config that is read.
        by_chance (bool): Whether equal numbers of another name count, too.

    Returns:
        list[str]: Dotted keys, in order; empty if the value is nowhere.
    """
    names = key.split('.')
    for length in range(1, len(names) + 1):
        value = _at(content, names[:length])
        copied = _Copied(value, names[length - 1], names[length:], by_chance)
        found = [place for top in read for place in _search(read[top], top, copied)]
        if found:
            return found
    return []


def _at(content: Any, names: Sequence[str]) -> Any:
    for name in names:
        try:
            is_list = isinstance(content, (list, tuple))
            content = content[int(name) if is_list else name]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return content


@dataclass(frozen=True)
class _Copied:
    """A value that was copied.

    Args:
        value (Any): That of the variable, or of something in it.
        name (str): Its own name.
        rest (Sequence[str]): The key under it.
        by_chance (bool): Whether an equal number of another name counts as the copy.
    """

    value: Any
    name: str
    rest: Sequence[str]
    by_chance: bool

    def key_in(self, node: Any, path: str) -> Optional[str]:
        """Return the key to change if a node is the copy, else None.

        Args:
            node (Any): A node of a config.
            path (str): Its dotted key.
        """
        rest = self.rest
        if isinstance(self.value, dict) and self.value and isinstance(node, dict):
            if self._is_in(node) and (rest or len(node) == len(self.value)):
                return '.'.join([path, *rest])
        elif isinstance(self.value, (list, tuple)) and self.value:
            begin = self._begin_in(node)
            if begin is not None and rest and rest[0].isdigit():
                return '.'.join([path, str(begin + int(rest[0])), *rest[1:]])
            if begin is not None and not rest and len(node) == len(self.value):
                return path
        elif isinstance(self.value, str) and self.value and isinstance(node, str):
            if f'{node}/'.startswith(f'{self.value.rstrip("/")}/'):
                return path
        elif isinstance(self.value, (int, float)) and type(node) is type(self.value):
            if node == self.value and (self.by_chance or self._is_like(path)):
                return path
        return None

    def _is_in(self, node: dict) -> bool:
        return all(key in node and node[key] == one for key, one in self.value.items())

    def _begin_in(self, node: Any) -> Optional[int]:
        """Where the value, a list, begins in a longer list; None if it is not there."""
        if not isinstance(node, (list, tuple)):
            return None
        part = list(self.value)
        for begin in range(len(node) - len(part) + 1):
            if list(node[begin : begin + len(part)]) == part:
                return begin
        return None

    def _is_like(self, path: str) -> bool:
        """Whether names share a word, like ``base_lr`` and ``lr``."""
        own = path.rpartition('.')[2]
        return bool(set(own.split('_')) & set(self.name.split('_')))


def _search(node: Any, path: str, copied: _Copied) -> Iterator[str]:
    key = copied.key_in(node, path)
    if key is not None:
        yield key
        return
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, dict):
        pairs = node.items()
    elif isinstance(node, (list, tuple)):
        pairs = enumerate(node)
    for name, child in pairs:
        yield from _search(child, f'{path}.{name}', copied)
