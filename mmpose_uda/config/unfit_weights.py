"""Describe which weights of a checkpoint do not fit a model."""

import re
import textwrap

# as torch and mmengine's load_state_dict put it
_SIZE = re.compile(
    r'size mismatch for (\S+): copying a param with shape torch.Size\(\[(.*?)\]\) from '
    r'checkpoint, the shape in current model is torch.Size\(\[(.*?)\]\)'
)
_LACKING = re.compile(r'missing keys in source state_dict: (.+)')
_UNKNOWN = re.compile(r'unexpected key in source state_dict: (.+)')
_HEADING = 'The model and loaded state dict do not match exactly'
_WIDTH = 300  # characters of a message of another kind


def unfit_weights(text: str) -> str:
    """Describe each kind of misfit by its number and its first weight.

    If the message has none of the known kinds, return its beginning in one line.

    Args:
        text (str): Message of mmengine's ``load_state_dict``, which lists all weights.
    """
    kinds = []
    if sizes := _SIZE.findall(text):
        name, given, wanted = sizes[0]
        shown = f'{name} ({_as_text(given)} there, {_as_text(wanted)} in the model)'
        kinds.append(f'of another size: {_first(shown, len(sizes))}')
    for what, pattern in (('lacking', _LACKING), ('unknown to the model', _UNKNOWN)):
        if found := pattern.search(text):
            names = found[1].split(', ')
            kinds.append(f'{what}: {_first(names[0], len(names))}')
    if kinds:
        return '; '.join(kinds)
    own_words = text.strip().removeprefix(_HEADING) or text
    return textwrap.shorten(own_words, _WIDTH, placeholder=' ...')


def _first(weight: str, count: int) -> str:
    return weight if count == 1 else f'{weight} and {count - 1} more'


def _as_text(size: str) -> str:
    return size.replace(', ', ' x ') or 'one number'
