import json

import cv2
import pytest

from mmpose_uda.analysis.ablation_report import AblationReport

RESULTS = {
    'source_weak': dict(student=[70.0, 74.0], target=[68.0, 72.0]),
    'source_strong': dict(
        student=[60.0, 64.0], target=[58.0, 62.0], target_adabn=[57.0, 59.0]
    ),
    'only_mean_teacher': dict(student=[0.0, 0.0], target=[55.0, 56.0]),
    'full': dict(student=[50.0, 50.0], target=[48.0, 52.0]),
    'without_style': dict(student=[0.0, 0.0], target=[53.0, 54.0]),
    'oracle': dict(student=[41.0, 41.0], target=[39.0, 41.0]),
}


def report(metric, **kwargs):
    results = {
        variant: {
            network: {f'target/{metric}': values, 'target/PA-MPJPE': [1.5, 2.5]}
            for network, values in rows.items()
        }
        for variant, rows in RESULTS.items()
    }
    return AblationReport(results, {'mean pose': {f'target/{metric}': 81.23}}, **kwargs)


def row(report, title):
    return next(row for row in report.rows if row.title == title)


def test_gap_is_measured_from_the_best_control():
    # the best control is strong augmentation's EMA with target statistics (58), the
    # oracle 40, adapted 50
    errors = report('MPJPE')
    adapted = row(errors, 'adapted')
    assert errors.gap_closed(adapted, 'target/MPJPE') == pytest.approx(8 / 18)


def test_where_more_is_better_and_where_the_oracle_is_no_better():
    def shares(oracle):
        values = dict(source_weak=0.2, source_strong=0.3, full=0.4, oracle=oracle)
        results = {
            variant: {network: {'target/PCK': [value]} for network in ('target', 'student')}
            for variant, value in values.items()
        }
        found = AblationReport(results, {})
        return found.gap_closed(row(found, 'adapted'), 'target/PCK')

    assert shares(oracle=0.7) == pytest.approx(0.1 / 0.4)
    assert shares(oracle=0.3) is None
    assert shares(oracle=0.1) is None


def test_table_has_mean_spread_and_gap():
    lines = report('MPJPE').markdown().splitlines()
    cells = [line.strip('| ').split(' | ') for line in lines]
    rows = {row[0]: row for row in cells}
    assert rows['run'] == ['run', 'start', 'MPJPE', 'PA-MPJPE', 'gap closed (MPJPE)']
    assert rows['mean pose'][2] == '81.2'
    assert rows['source only, strong augmentation, EMA'][2] == '60.0 ± 2.8'
    assert rows['source only, strong augmentation, EMA, target BatchNorm'][2] == (
        '58.0 ± 1.4'
    )
    assert rows['adapted'][2:] == ['50.0 ± 2.8', '2.0 ± 0.7', '44 %']
    assert rows['source only + mean teacher'][4] == '14 %'
    assert rows['adapted - style'][4] == '25 %'
    assert len({line.count(' | ') for line in lines}) == 1


def test_every_row_says_its_start():
    results = {
        name: dict(student={'target/PCK': [0.5]}, target={'target/PCK': [0.25]})
        for name in ('source_weak', 'full', 'with_from_scratch', 'oracle')
    }
    starts = dict.fromkeys(results, 'ImageNet') | dict(with_from_scratch='scratch')
    found = AblationReport(results, {'mean pose': {'target/PCK': 0.125}}, starts=starts)
    rows = [line.split(' | ')[:2] for line in found.markdown().splitlines()]
    assert rows == [
        ['| run', 'start'],
        ['| ---', '---'],
        ['| mean pose', ''],
        ['| source only, weak augmentation', 'ImageNet'],
        ['| source only, weak augmentation, EMA', 'ImageNet'],
        ['| adapted', 'ImageNet'],
        ['| adapted, from scratch', 'scratch'],
        ['| oracle (target labels)', 'ImageNet'],
    ]
    assert found.as_dict()['rows'][3]['start'] == 'scratch'


def test_a_longer_run_is_compared_with_those_of_its_length():
    values = dict(source_weak=0.25, full=0.5, full_x3=0.625, full_x10=0.75, oracle=0.75)
    values |= dict(source_weak_x3=0.5, oracle_x3=1.0)
    results = {
        name: dict(student={'PCK': [0.0]}, target={'PCK': [value]})
        for name, value in values.items()
    }
    found = AblationReport(results, {})
    gaps = {one.title: found.gap_closed(one, 'PCK') for one in found.rows}
    assert gaps['adapted'] == 0.5
    assert gaps['adapted, 3 times the adaptation'] == 0.25
    assert gaps['adapted, 10 times the adaptation'] is None
    assert '| adapted, 10 times the adaptation |  | 0.750 |  |' in found.markdown()
    title = 'source only, weak augmentation, 3 times the adaptation, EMA'
    assert row(found, title).kind == 'control'


def test_order_is_that_of_the_variants():
    titles = [row.title for row in report('MPJPE').rows]
    assert titles[-3:] == ['adapted', 'adapted - style', 'oracle (target labels)']
    assert titles[:2] == [
        'source only, weak augmentation',
        'source only, weak augmentation, EMA',
    ]


def test_without_an_oracle_there_is_no_gap():
    results = {'full': dict(target={'target/PCK': [0.5]}, student={})}
    single = AblationReport(results, {})
    assert single.gap_closed(single.rows[0], 'target/PCK') is None
    assert '| adapted |  | 0.500 |  |' in single.markdown()


def test_the_headline_can_be_another_metric():
    assert report('MPJPE', headline='PA-MPJPE').headline == 'target/PA-MPJPE'


def test_figures_of_another_protocol_have_a_column_of_their_own():
    figures = {'target/PCK': [0.5], 'target_regda/PCK': [0.25]}
    results = {'full': dict(target=figures, student={})}
    found = AblationReport(results, {'mean pose': {'target/PCK': 0.125}}, headline='PCK')
    head, _, mean_pose, adapted = found.markdown().splitlines()
    assert head == '| run | start | PCK | target_regda/PCK | gap closed (PCK) |'
    assert mean_pose == '| mean pose |  | 0.125 |  |  |'
    assert adapted == '| adapted |  | 0.500 | 0.250 |  |'
    bare = AblationReport({'full': dict(target={'PCK': [0.5]}, student={})}, {})
    assert bare.markdown().splitlines()[0] == '| run | start | PCK | gap closed (PCK) |'


def test_evaluators_whose_metrics_share_a_name_are_told_apart():
    figures = {'loose/PCK': [0.5], 'strict/PCK': [0.25]}
    constants = {'mean pose': {'strict/PCK': 0.0625, 'loose/PCK': 0.125}}
    found = AblationReport({'full': dict(target=figures, student={})}, constants)
    head, _, mean_pose, adapted = found.markdown().splitlines()
    assert head == '| run | start | PCK | strict/PCK | gap closed (PCK) |'
    assert mean_pose == '| mean pose |  | 0.125 | 0.062 |  |'
    assert adapted == '| adapted |  | 0.500 | 0.250 |  |'


def test_json_has_the_values_of_every_seed():
    content = json.loads(json.dumps(report('MPJPE').as_dict()))
    adapted = next(row for row in content['rows'] if row['title'] == 'adapted')
    assert adapted['metrics']['target/MPJPE'] == [48.0, 52.0]
    assert adapted['gap_closed']['target/MPJPE'] == pytest.approx(8 / 18)
    assert content['constants'] == {'mean pose': {'target/MPJPE': 81.23}}


def test_chart_is_a_picture(tmp_path):
    report('MPJPE').save_chart(tmp_path / 'chart.png')
    height, width, _ = cv2.imread(str(tmp_path / 'chart.png')).shape
    assert height > 200 and width > 500
