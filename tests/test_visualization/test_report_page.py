import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from browser import browser
from comparison_factory import HAND, make_comparison, make_crops

from mmpose_uda.visualization.report_page import comparison_page

FACTS = {'Model A': 'runs/<a>/export', 'Date': '2026-01-02'}
VOID = {'meta', 'link', 'img', 'rect', 'line', 'polyline'}


class Page(HTMLParser):
    """A page as lists, which refuses tags that are not closed in their order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.images, self.tables, self.ids = [], [], {}, []
        self.headings, self.table, self.text = [], None, ''
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID or tag in ('rect', 'line', 'polyline'):
            self.open.append(tag)
        if 'id' in attributes:
            self.ids.append(attributes['id'])
        if tag == 'img':
            self.images.append(attributes)
        elif tag == 'table':
            self.table = self.tables.setdefault(attributes.get('id', 'other'), [])
        elif tag == 'tr':
            self.table.append([])
        elif tag in ('td', 'th'):
            self.table[-1].append('')
        elif tag == 'h3':
            self.headings.append('')

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {'td', 'th'} & set(self.open):
            self.table[-1][-1] += data
        elif 'h3' in self.open:
            self.headings[-1] += data


def render(comparison):
    return comparison_page(comparison, make_crops(comparison), HAND, FACTS)


@pytest.fixture(params=[False, True], ids=['2d', '3d'], scope='module')
def comparison(request):
    return make_comparison(request.param)


@pytest.fixture(scope='module')
def html(comparison):
    return render(comparison)


@pytest.fixture(scope='module')
def page(html):
    return Page(html)


METRICS = [
    ['metric', 'A', 'B', 'B − A'],
    ['target/MPJPE (lower is better)', '51.7', '41.8', '−9.8'],
    ['PCK (higher is better)', '0.241', '0.240', '−0.001'],
]


def test_metrics(page, html):
    assert page.tables['metrics'] == METRICS
    # the shorter distance is better, the smaller share is worse
    assert re.findall(r'<td class="(\w+)">−', html) == ['better', 'worse']


def test_errors_of_joints_in_numbers(page, comparison):
    head, *rows = page.tables['other']
    assert head == ['keypoint', 'labels', 'A', 'B']
    assert [row[0] for row in rows] == comparison.keypoints
    decimals = comparison.scale.decimals
    for row, count, errors in zip(rows, comparison.joint_counts, comparison.joint_errors.T):
        numbers = [f'{e:.{decimals}f}' if count else '' for e in errors]
        assert row[1:] == [str(count), *numbers]
    assert rows[20][1:] == ['0', '', '']


def test_gains_come_before_losses_each_sorted(page, comparison):
    samples = comparison.largest_gains(3) + comparison.largest_losses(3)
    assert len(samples) > 3
    scale = comparison.scale
    for heading, sample in zip(page.headings, samples, strict=True):
        change = scale.tell(abs(comparison.gains[sample]))
        sign = '−' if comparison.gains[sample] > 0 else '+'
        expected = f'{sample:03d}.jpg: error {sign}{change}'
        assert ' '.join(heading.split()) == expected
    assert page.ids[-2:] == ['gains', 'losses']


def test_every_image_is_inside_and_told_in_words(page, comparison, html):
    shown = len(page.headings) * 3 * (2 if comparison.is_3d else 1)
    assert len(page.images) == shown
    assert all(i['src'].startswith('data:image/jpeg;base64,') for i in page.images)
    assert len({i['alt'] for i in page.images}) == shown
    assert not re.search(r'(src|href)="(?!data:)|url\(|@import|<script', html)


def test_text_of_others_is_escaped(page):
    assert 'source <only> & "old"' in page.text
    assert 'runs/<a>/export' in page.text and '2026-01-02' in page.text


def test_head_tells_how_many(page, comparison):
    gains = comparison.gains
    better, scored = (gains > 0).sum(), np.isfinite(gains).sum()
    text = ' '.join(page.text.split())
    assert f'{better} of {scored}' in text and f'{(gains < 0).sum()} of {scored}' in text
    before, after = comparison.mean_errors
    decimals = comparison.scale.decimals
    assert f'{before:.{decimals}f} → {after:.{decimals}f}' in text
    joints = int(np.isfinite(comparison.errors[0]).sum())
    assert f'9, of 21 keypoints each; {joints} count' in text


def test_neither_better_nor_worse(comparison):
    same = replace(comparison, b=replace(comparison.a, title='again'))
    html = render(same)
    page = Page(html)
    assert not page.headings and not page.images
    assert [row[3] for row in page.tables['metrics'][1:]] == ['0.0', '0.000']
    assert 'no sample on which B is nearer' in ' '.join(page.text.split())
    assert 'class="better"' not in html and 'class="worse"' not in html


# ---- in a browser --------------------------------------------------------------------


@pytest.fixture(scope='module')
def chromium(tmp_path_factory):
    with browser(tmp_path_factory.mktemp('profile')) as opened:
        yield opened


@pytest.fixture(scope='module')
def opened(chromium, html, tmp_path_factory):
    """The browser, the page's file, and what the browser did to show it."""
    path = tmp_path_factory.mktemp('page') / 'report.html'
    path.write_text(html, 'utf-8')
    assert path.stat().st_size < 2 * 2**20
    chromium.open(path)
    return chromium, path, chromium.console(), chromium.requests()


def test_a_browser_needs_nothing_else_and_has_nothing_to_complain_of(opened):
    _, path, console, requests = opened
    assert console == []
    assert requests == [path.as_uri()]


LOOK = """
const box = element => element.getBoundingClientRect();
const all = (what, tell) => [...document.querySelectorAll(what)].map(tell);
return {
  images: all('img', image => [image.naturalWidth, image.clientWidth]),
  charts: all('svg[role=img]', chart => [box(chart).width, box(chart).height]),
  wide: document.documentElement.scrollWidth,
  screen: document.documentElement.clientWidth,
  metrics: all('#metrics tr', row => [...row.cells].map(cell => cell.innerText)),
  cut: all('svg[role=img] text', text => {
    const inner = box(text), outer = box(text.closest('svg'));
    return inner.left < outer.left - 1 || inner.right > outer.right + 1
      || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1
      ? text.textContent : null;
  }).filter(text => text !== null),
};
"""


@pytest.mark.parametrize('width', [1280, 400])
def test_a_browser_shows_all_of_it(opened, page, width):
    chromium, *_ = opened
    chromium.resize(width)
    seen = chromium.run(LOOK)
    assert len(seen['images']) == len(page.images) and np.min(seen['images']) > 0
    assert len(seen['charts']) == 2 and np.min(seen['charts']) > 200
    assert seen['wide'] <= seen['screen'] <= width < seen['screen'] + 30
    assert [[' '.join(c.split()) for c in row] for row in seen['metrics']] == METRICS
    assert seen['cut'] == []


def luminance(color):
    """WCAG's relative luminance of a colour as browsers tell it."""
    channels = np.array(re.findall(r'\d+', color)[:3], float) / 255
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize('dark', [False, True], ids=['light', 'dark'])
def test_colours_stand_out(opened, dark):
    chromium, *_ = opened
    chromium.prefer('dark' if dark else 'light')
    card, *colors = chromium.run(
        'const of = (what, key) => getComputedStyle(document.querySelector(what))[key];'
        "return [of('.card', 'backgroundColor'), of('h1', 'color'), of('.soft', 'color'),"
        "of('.better', 'color'), of('.worse', 'color'), of('rect.a', 'fill'),"
        "of('rect.b', 'fill')]"
    )
    assert (luminance(card) < 0.1) == dark
    # WCAG 2: 4.5 for text, 3 for what is drawn
    assert min(contrast(card, color) for color in colors[:4]) >= 4.5
    assert min(contrast(card, color) for color in colors[4:]) >= 3
