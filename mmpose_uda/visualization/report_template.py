"""The page of a comparison: style and structure, for jinja2.

One file for browsers, with nothing to fetch. Text is dark on light or light on dark as
the reader's system prefers; the two colours of the models are blue and orange of Okabe
and Ito's set, which colour-blind readers tell apart, in shades that stand out from both
papers, and one curve is dashed.
"""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f6f7f9; --ink: #1a1d21; --soft: #565d66;
  --line: #d5d9de; --a: #b84e00; --b: #0072b2; --good: #00694a; --bad: #a3262a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --card: #1f242a; --ink: #eceff2; --soft: #aab2bb;
    --line: #3a424b; --a: #f0a04b; --b: #56b4e9; --good: #4fcf9f; --bad: #ff9a94;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 72rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; }
p { margin: .25rem 0 .75rem; }
.soft, footer, figcaption { color: var(--soft); }
.models { list-style: none; margin: 0; padding: 0; }
svg.legend { display: inline-block; width: 14px; vertical-align: middle;
  margin-right: .4rem; }
.facts { display: grid; gap: .75rem; margin: 1.25rem 0 0;
  grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); }
.facts div, .card { padding: .85rem 1rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
.facts dt { font-size: .875rem; color: var(--soft); }
.facts dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem 0 .35rem .8rem; border-bottom: 1px solid var(--line);
  text-align: right; }
th:first-child { padding-left: 0; text-align: left; font-weight: 500; }
thead th, thead th:first-child { font-weight: 600; }
td, thead th { white-space: nowrap; }
.better { color: var(--good); } .worse { color: var(--bad); }
.columns { margin-top: 1rem; }
.columns, .column { display: grid; gap: 1rem; align-content: start; }
.columns {
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.card h2 { margin: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 12.5px; }
svg .number { font-size: 10px; fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg rect.a, .legend .a { fill: var(--a); } svg rect.b, .legend .b { fill: var(--b); }
svg polyline { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
svg polyline.a { stroke: var(--a); stroke-dasharray: 7 4; }
svg polyline.b { stroke: var(--b); }
@media (max-width: 30rem) {
  svg text { font-size: 14px; } svg .number { font-size: 11px; }
}
summary { cursor: pointer; margin-top: .5rem; }
.gallery { display: grid; gap: 1rem; padding: 0; margin: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.gallery h3 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 500; }
.poses { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .5rem; }
figure { margin: 0; }
figure img { display: block; width: 100%; height: auto; margin-bottom: .25rem;
  border-radius: .25rem; }
figcaption { font-size: .875rem; line-height: 1.3; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .875rem; }
footer dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem;
  margin: 0; }
footer dd { margin: 0; }
"""

BODY = """
{%- macro key(model) -%}
<svg class="legend" viewBox="0 0 14 14" aria-hidden="true">
{#- -#} <rect class="{{ model }}" width="14" height="14" rx="3"/></svg>
{%- endmacro -%}
{%- macro gallery(id, title, text, otherwise, entries) %}
<section id="{{ id }}">
<h2>{{ title }}</h2>
{%- if entries %}
<p class="soft">{{ text }}</p>
<ul class="gallery">
{%- for entry in entries %}
<li class="card">
<h3>{{ entry.name }}: <span class="{{ 'better' if entry.gain > 0 else 'worse' }}">error
{{ change(-entry.gain) }}</span></h3>
<div class="poses">
{%- for picture in entry.pictures %}
<figure>
{%- for words, source in picture.sources.items() %}
<img src="{{ source }}" alt="{{ words }}">
{%- endfor %}
<figcaption>{{ picture.caption }}</figcaption>
</figure>
{%- endfor %}
</div>
</li>
{%- endfor %}
</ul>
{%- else %}
<p class="soft">{{ otherwise }}</p>
{%- endif %}
</section>
{%- endmacro -%}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{{ a.title }} and {{ b.title }}</title>
<style>{{ style }}</style>
</head>
<body>
<header>
<h1>Two models on the same {{ samples }} samples</h1>
<ul class="models">
<li>{{ key('a') }}A: <strong>{{ a.title }}</strong></li>
<li>{{ key('b') }}B: <strong>{{ b.title }}</strong></li>
</ul>
<dl class="facts">
<div><dt>Mean error, from A to B</dt>
<dd>{{ number(means[0]) }} &rarr; {{ number(means[1]) }} {{ unit }}</dd></div>
<div><dt>Samples on which B is nearer to the truth</dt>
<dd>{{ better }} of {{ scored }} ({{ '%.0f' % (100 * better / scored) }} %)</dd></div>
<div><dt>Samples on which A is nearer to the truth</dt>
<dd>{{ worse }} of {{ scored }} ({{ '%.0f' % (100 * worse / scored) }} %)</dd></div>
</dl>
</header>
<main>
<div class="columns">
<div class="column">
<section class="card">
<h2>Metrics</h2>
<table id="metrics">
<thead><tr><th scope="col">metric</th><th scope="col">A</th><th scope="col">B</th>
<th scope="col">B &minus; A</th></tr></thead>
<tbody>
{%- for row in metrics %}
<tr><th scope="row">{{ row.name }} <span class="soft">{{ row.direction }}</span></th>
<td>{{ row.a }}</td><td>{{ row.b }}</td>
<td class="{{ row.verdict }}">{{ row.difference }}</td></tr>
{%- endfor %}
</tbody>
</table>
</section>
<section class="card" id="curves">
<h2>PCK over thresholds</h2>
<p class="soft">{{ key('a') }}A, dashed, and {{ key('b') }}B; higher is better.
All labelled joints of all samples weigh the same.</p>
{{ curves }}
</section>
</div>
<section class="card" id="joints">
<h2>Mean error of each joint</h2>
<p class="soft">{{ key('a') }}A above {{ key('b') }}B; shorter is better.
{{- root_note }}</p>
{{ bars }}
<details><summary>The same in numbers</summary>
<table>
<thead><tr><th scope="col">joint</th><th scope="col">labels</th><th scope="col">A</th>
<th scope="col">B</th></tr></thead>
<tbody>
{%- for joint in joints %}
<tr><th scope="row">{{ joint.name }}</th><td>{{ joint.count }}</td>
<td>{{ joint.a }}</td><td>{{ joint.b }}</td></tr>
{%- endfor %}
</tbody>
</table>
</details>
</section>
</div>
{{- gallery('gains', 'Largest gains', 'Where B is nearer to the truth than A, by the mean '
'error of a sample; the largest gain first.' + grey_note,
'There is no sample on which B is nearer to the truth than A.', gains) }}
{{- gallery('losses', 'Largest losses', 'Where B is farther from the truth than A; the '
'largest loss first.' + grey_note,
'There is no sample on which B is farther from the truth than A.', losses) }}
</main>
<footer>
<dl>
{%- for name, value in facts.items() %}
<dt>{{ name }}</dt><dd>{{ value }}</dd>
{%- endfor %}
</dl>
</footer>
</body>
</html>
"""
