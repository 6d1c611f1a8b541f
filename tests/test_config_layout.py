import pytest

from mmpose_uda.config_layout import lay_out


def values(text):
    names = {}
    exec(text, dict(dict=dict, inf=float('inf')), names)
    return names


@pytest.mark.parametrize(
    'text, expected',
    [
        ('a=dict(\n    b=1)\n', 'a = dict(b=1)\n'),
        ("a=['x',\n(1,),\n(),\n]", "a = ['x', (1,), ()]\n"),
        ('a=-1e-3\nb=None', 'a = -0.001\nb = None\n'),
        ("a=dict({'model.x': False, 3: inf})", "a = dict({'model.x': False, 3: inf})\n"),
        ("a='it\\'s'", 'a = "it\'s"\n'),
    ],
)
def test_what_fits_is_on_one_line(text, expected):
    assert lay_out(text) == expected
    assert values(expected) == values(text)


def test_what_does_not_fit_is_broken_from_outside():
    long = ', '.join(f"dict(type='Step{n}', size=(64, 64))" for n in range(3))
    text = f'steps=[{long}]\npair=({"7" * 90}, {"8" * 90})\none=({"9" * 90},)'
    laid_out = lay_out(text)
    assert laid_out.startswith("steps = [\n    dict(type='Step0', size=(64, 64)),\n")
    assert values(laid_out) == values(text)
    assert lay_out(laid_out) == laid_out
    assert max(len(line) for line in laid_out.splitlines()) < 100  # the long numbers


def test_what_is_no_python():
    with pytest.raises(SyntaxError):
        lay_out('model=<object at 0x7f>')
