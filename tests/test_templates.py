import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from mmpose_uda.templates import fill_page, fill_text


def test_a_text_has_no_line_of_what_only_says_what_to_do(tmp_path):
    template = tmp_path / 'a.jinja'
    template.write_text('{% if shown %}\na = {{ value | twice }}\n{% endif %}\n')
    filters = dict(twice=lambda value: 2 * value)
    assert fill_text(template, filters, shown=True, value='<x>') == 'a = <x><x>\n'
    assert fill_text(template, filters, shown=False, value='') == ''
    with pytest.raises(UndefinedError):
        fill_text(template, filters, shown=True)


def test_a_page_escapes_what_is_no_markup(tmp_path):
    template = tmp_path / 'a.jinja'
    template.write_text('<p>{{ text }}{{ mark }}</p>')
    page = fill_page(template, text='a < b', mark=Markup('<br>'))
    assert page == '<p>a &lt; b<br></p>'
