import copy

import pytest
from config_factory import CONFIG_DIR, run, runnable_configs, tiny_config
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_uda import UserError
from mmpose_uda.analysis.lengths import shortened
from mmpose_uda.analysis.variants import (
    Part,
    ablated_parts,
    ablation_extras,
    variant_config,
    variant_names,
)
from mmpose_uda.models.backbones import EfficientNetLite0

HAND = CONFIG_DIR / 'hand_3d.py'


def types(pipeline):
    return [transform.type for transform in pipeline]


def parts_of(cfg):
    return [list(phase.parts) for phase in cfg.train_cfg.phases]


@pytest.fixture
def cfg():
    return Config.fromfile(HAND)


def test_names_are_controls_parts_method_and_oracle(cfg):
    parts = [
        'masked_reconstruction',
        'foreground_centric',
        'segmentation_guided_augmentation',
        'attention_regularization',
        'mean_teacher',
        'style',
    ]
    extras = [
        'masked_image_consistency',
        'disagreement_weighting',
        'gradient_gate',
        'anatomical_plausibility',
        'plausible_pseudo_labels',
        'labels_of_points',
        'labels_with_depth',
        'from_scratch',
    ]
    assert list(ablated_parts(cfg)) == parts
    assert list(ablation_extras(cfg)) == extras
    assert variant_names(cfg) == [
        'source_weak',
        'source_strong',
        *(f'only_{name}' for name in parts + extras),
        'full',
        *(f'without_{part}' for part in parts),
        *(f'with_{extra}' for extra in extras),
        'oracle',
    ]


def test_without_a_list_every_element_is_a_part(cfg):
    cfg.ablation_parts = cfg.ablation_extras = None
    assert ablated_parts(cfg) == {
        name: Part(elements=[name])
        for name in (
            'reconstruction',
            'foreground',
            'attention',
            'mean_teacher',
            'style',
            'background',
        )
    }


@pytest.mark.parametrize('path', runnable_configs(), ids=lambda path: path.stem)
def test_student_steps_are_equal_and_the_config_is_untouched(path):
    cfg = Config.fromfile(path)
    before = copy.deepcopy(cfg.to_dict())
    for name in variant_names(cfg):
        derived = variant_config(cfg, name)
        assert [p.iters for p in derived.train_cfg.phases] == [
            p.iters for p in cfg.train_cfg.phases
        ]
        assert derived.optim_wrapper == cfg.optim_wrapper
        is_another = derived.model.estimator != cfg.model.estimator
        assert is_another == name.endswith('from_scratch')
        assert cfg.to_dict() == before
    assert variant_config(cfg, 'full').to_dict() == before


@pytest.mark.parametrize('name', ['source_weak', 'source_strong', 'oracle'])
def test_controls_are_supervised_and_see_no_target_style(cfg, name):
    cfg.custom_hooks += [dict(type='TargetStatisticsHook', at='end')]
    derived = variant_config(cfg, name)
    assert parts_of(derived) == [['supervised']] * 3
    for hook in ('AdaINStyleHook', 'TargetStatisticsHook'):
        assert hook not in types(derived.custom_hooks)
        assert hook in types(variant_config(cfg, 'full').custom_hooks)
    assert 'ReplaceBackground' not in types(derived.train_dataloader.dataset.views.source)
    assert 'EMATeacherHook' in types(derived.custom_hooks)


def test_one_part_alone(cfg):
    derived = variant_config(cfg, 'only_mean_teacher')
    assert parts_of(derived) == [
        ['supervised'],
        ['supervised'],
        ['supervised', 'mean_teacher'],
    ]
    assert 'AdaINStyleHook' not in types(derived.custom_hooks)
    assert 'AdaINStyleHook' in types(variant_config(cfg, 'only_style').custom_hooks)
    derived = variant_config(cfg, 'only_segmentation_guided_augmentation')
    views = derived.train_dataloader.dataset.views
    assert 'ReplaceBackground' in types(views.source)


def test_one_part_less(cfg):
    # attention needs the foreground too
    assert parts_of(variant_config(cfg, 'without_masked_reconstruction')) == [
        ['foreground', 'attention'],
        ['supervised', 'foreground'],
        ['supervised', 'mean_teacher', 'foreground', 'attention'],
    ]
    derived = variant_config(cfg, 'without_style')
    assert parts_of(derived) == parts_of(cfg)
    assert 'AdaINStyleHook' not in types(derived.custom_hooks)


def test_a_part_that_refines_another_is_nothing_without_it(cfg):
    def reconstructs(name):
        derived = variant_config(cfg, name)
        pretraining = parts_of(derived)[0]
        return 'reconstruction' in pretraining, (
            'foreground' in pretraining,
            derived.model.alignments.reconstruction.get('foreground', True),
        )

    plain, foreground_centric = (False, False), (True, True)
    assert reconstructs('only_masked_reconstruction') == (True, plain)
    assert reconstructs('only_foreground_centric') == (True, foreground_centric)
    assert reconstructs('full') == (True, foreground_centric)
    # the attention regularisation keeps the foreground
    assert reconstructs('without_foreground_centric') == (True, (True, False))
    assert reconstructs('without_masked_reconstruction') == (False, (True, False))


def test_a_sum_of_parts_is_trained_alone_and_not_left_out():
    cfg = Config.fromfile(CONFIG_DIR / 'surreal2lsp.py')
    assert 'without_uniframe_like' not in variant_names(cfg)
    derived = variant_config(cfg, 'only_uniframe_like')
    adaptation = ['supervised', 'mean_teacher', 'occlusion']
    assert parts_of(derived) == [['supervised'], adaptation]
    assert 'AdaINStyleHook' in types(derived.custom_hooks)
    assert parts_of(variant_config(cfg, 'without_style')) == parts_of(cfg)


def test_an_extra_alone_brings_what_it_needs(cfg):
    derived = variant_config(cfg, 'only_anatomical_plausibility')
    assert parts_of(derived) == [
        ['supervised'],
        ['supervised'],
        ['supervised', 'mean_teacher', 'anatomy'],
    ]
    assert 'AdaINStyleHook' not in types(derived.custom_hooks)
    assert derived.model.alignments.anatomy.type == 'AnatomicalPlausibility'


def test_an_extra_is_added_to_the_method(cfg):
    derived = variant_config(cfg, 'with_masked_image_consistency')
    *before, adaptation = parts_of(cfg)
    assert parts_of(derived) == [*before, [*adaptation, 'masked']]
    assert derived.custom_hooks == cfg.custom_hooks
    assert derived.model.alignments.masked.type == 'MaskedImageConsistency'


def test_an_extra_may_be_an_option(cfg):
    for name in ('only_disagreement_weighting', 'with_disagreement_weighting'):
        selection = variant_config(cfg, name).model.alignments.mean_teacher.selection
        assert types(map(ConfigDict, selection)) == [
            'ConfidenceWeighting',
            'DisagreementWeighting',
        ]
    assert parts_of(variant_config(cfg, 'with_disagreement_weighting')) == parts_of(cfg)
    assert 'selection' not in variant_config(cfg, 'full').model.alignments.mean_teacher


def test_an_extra_of_a_base_is_left_out():
    cfg = Config.fromfile(CONFIG_DIR / 'human_2d_rtmcc.py')
    assert 'gradient_gate' not in ablation_extras(cfg)
    assert 'gradient_gate' in ablation_extras(Config.fromfile(CONFIG_DIR / 'human_2d.py'))


@pytest.mark.parametrize('config', ['hand_3d', 'hand_3d_conv', 'human_2d'])
def test_from_scratch_is_a_variant_of_what_is_pre_trained(config):
    cfg = Config.fromfile(CONFIG_DIR / f'{config}.py')
    init_default_scope('mmpose')
    for name in ('only_from_scratch', 'with_from_scratch'):
        derived = variant_config(cfg, name)
        pretrained = MODELS.build(cfg.model.estimator)
        network = MODELS.build(derived.model.estimator)
        lite0 = [m for m in network.modules() if isinstance(m, EfficientNetLite0)]
        assert [m.is_of_imagenet for m in lite0] == [False]
        assert pretrained.state_dict().keys() == network.state_dict().keys()
    assert parts_of(derived) == parts_of(cfg)
    alone = variant_config(cfg, 'only_from_scratch')
    assert {part for parts in parts_of(alone) for part in parts} == {'supervised'}


def test_a_longer_adaptation_leaves_what_comes_before_it():
    cfg = Config.fromfile(CONFIG_DIR / 'surreal2lsp.py')
    before, adapt = (phase.iters for phase in cfg.train_cfg.phases)
    epoch = cfg.epoch
    warmup = dict(type='LinearLR', begin=before, end=before + 2 * epoch)
    cfg.param_scheduler.append(ConfigDict(warmup))
    untouched = copy.deepcopy(cfg.to_dict())
    long = variant_config(cfg, 'full_x3')
    assert cfg.to_dict() == untouched
    assert [phase.iters for phase in long.train_cfg.phases] == [before, 3 * adapt]
    steps, warmup = long.param_scheduler
    # after 45 and 60 epochs, of which 40 come before
    assert steps.milestones == [(40 + 3 * 5) * epoch, (40 + 3 * 20) * epoch]
    assert (warmup.begin, warmup.end) == (before, before + 6 * epoch)
    assert long.model.alignments == cfg.model.alignments
    share = 1000 / (before + adapt)  # of a momentum of 0.001
    assert long.model.teacher.memory == pytest.approx(share)


def test_a_short_form_is_the_whole_in_small(cfg):
    untouched = copy.deepcopy(cfg.to_dict())
    short = shortened(cfg, 0.25)
    assert cfg.to_dict() == untouched == shortened(cfg, 1).to_dict()
    assert [p.iters for p in short.train_cfg.phases] == [25, 150, 300]
    assert parts_of(short) == parts_of(cfg)
    warmup, fall = short.param_scheduler
    assert (warmup.begin, warmup.end) == (0, 30)
    assert fall.begin == 30 and 'end' not in fall
    assert short.optim_wrapper == cfg.optim_wrapper
    ramps = [
        [one.model.alignments.mean_teacher.ramp_iters for one in (short, cfg)],
        [
            one.ablation_extras.plausible_pseudo_labels.options[
                'model.alignments.mean_teacher.selection'
            ][1].ramp_iters
            for one in (short, cfg)
        ],
    ]
    assert all(4 * in_small == whole for in_small, whole in ramps)
    assert short.model.teacher.momentum == pytest.approx(4 * cfg.model.teacher.momentum)
    free = variant_config(short, 'source_free')
    assert free.model.teacher.start_steps == 75


def test_a_short_form_of_what_else_is_told_in_steps(cfg):
    cfg.param_scheduler = [dict(type='MultiStepLR', milestones=[40, 100])]
    ramp = 'model.alignments.new.ramp_iters'
    cfg.ablation_parts = dict(new=dict(without={ramp: 50}))
    cfg.model.teacher = dict(type='TeacherEMA', memory=0.5, start_steps=200, momentum=0.008)
    short = shortened(cfg, 0.1)
    assert short.param_scheduler[0].milestones == [4, 10]
    teacher = dict(type='TeacherEMA', memory=0.5, start_steps=20, momentum=0.08)
    assert short.model.teacher == teacher
    assert short.ablation_parts.new.without == {ramp: 5}
    cfg.param_scheduler = cfg.param_scheduler[0]  # mmengine takes one alone
    assert shortened(cfg, 0.1).param_scheduler.milestones == [4, 10]
    least = shortened(cfg, 1e-6)
    assert [p.iters for p in least.train_cfg.phases] == [1, 1, 1]
    assert least.model.teacher.momentum == 0.99  # 1 would be no average


@pytest.mark.parametrize('share', [0, -0.5, 1.5])
def test_a_short_form_is_some_of_it(cfg, share):
    with pytest.raises(UserError, match='over 0, at most 1'):
        shortened(cfg, share)


def test_only_phases_have_a_short_form(cfg):
    cfg.train_cfg = dict(by_epoch=True, max_epochs=3)
    with pytest.raises(UserError, match='trains in no phases'):
        shortened(cfg, 0.5)


def test_a_longer_variant_is_the_variant(cfg):
    short = variant_config(cfg, 'only_mean_teacher')
    long = variant_config(cfg, 'only_mean_teacher_x10')
    assert parts_of(long) == parts_of(short)
    *before, adapt = short.train_cfg.phases
    assert [p.iters for p in long.train_cfg.phases] == [
        *(p.iters for p in before), 10 * adapt.iters
    ]  # fmt: skip
    cfg.model.teacher.memory = 0.5
    assert variant_config(cfg, 'full_x3').model.teacher.memory == 0.5


@pytest.mark.parametrize(
    'name', ['source_start_x3', 'full_x0', 'full_x1', 'ful_x3', 'full_x']
)
def test_a_length_of_nothing_is_refused(cfg, name):
    with pytest.raises(UserError, match=f'no variant {name!r}'):
        variant_config(cfg, name)


@pytest.mark.parametrize(
    'name, extra',
    [
        ('new', dict(needs=['styel'])),
        ('new', dict(needs=[])),
        ('new', dict(alignments=dict(new=dict(type='MeanTeacherConsistency')))),
        ('style', dict(needs=['mean_teacher'])),
    ],
)
def test_an_extra_that_cannot_be_added_is_refused(cfg, name, extra):
    cfg.ablation_extras = {name: extra}
    with pytest.raises(UserError, match=f'{name!r}.*let it need some of the parts'):
        variant_names(cfg)


def test_what_no_part_names_stays(cfg):
    cfg.ablation_extras = None
    cfg.ablation_parts = dict(style=['style'])
    assert parts_of(variant_config(cfg, 'without_style')) == parts_of(cfg)
    assert parts_of(variant_config(cfg, 'only_style')) == [['supervised']] * 3


def test_augmentation_of_the_controls(cfg):
    full = types(cfg.train_dataloader.dataset.views.source)
    strong = variant_config(cfg, 'source_strong').train_dataloader.dataset
    weak = variant_config(cfg, 'source_weak').train_dataloader.dataset
    assert types(strong.views.source) == [t for t in full if t != 'ReplaceBackground']
    assert 'SeededAlbumentation' not in types(weak.views.source)
    assert strong.source == cfg.train_dataloader.dataset.source


def test_a_method_that_augments_the_source_weakly_has_both_controls():
    cfg = Config.fromfile(CONFIG_DIR / 'animal_2d.py')

    def source_view(name):
        return variant_config(cfg, name).train_dataloader.dataset.views.source

    assert source_view('source_strong') == cfg.strong_source != cfg.weak_source
    for name in ('source_weak', 'only_mean_teacher', 'full', 'oracle'):
        assert source_view(name) == cfg.weak_source


def test_a_control_needs_its_pipeline(cfg):
    cfg.pop('strong_source')
    variant_config(cfg, 'full')
    with pytest.raises(UserError, match='source_strong.*`strong_source`'):
        variant_config(cfg, 'source_strong')


def test_oracle_learns_from_target_labels(cfg):
    dataset = variant_config(cfg, 'oracle').train_dataloader.dataset
    assert dataset.source.data_root == cfg.train_dataloader.dataset.target.data_root
    assert dataset.source.labels and dataset.source.require_3d
    assert not dataset.target.labels


@pytest.mark.parametrize('name', ['orcale', 'only_syle', 'without_'])
def test_unknown_variant_is_refused(cfg, name):
    with pytest.raises(UserError, match='only_style.*oracle'):
        variant_config(cfg, name)


def test_a_part_of_unknown_elements_is_refused(cfg):
    cfg.ablation_parts = dict(level=['styel'])
    with pytest.raises(UserError, match="'styel' in 'level'.*choose from.*style"):
        variant_names(cfg)
    cfg.ablation_parts = dict(style=['style'], level=dict(needs=['styel']))
    with pytest.raises(UserError, match="'styel' in 'level'.*choose from style, level"):
        variant_names(cfg)


@pytest.mark.parametrize(
    'config, name',
    [
        ('hand_3d', 'oracle'),
        ('hand_3d', 'only_mean_teacher'),
        ('surreal2lsp', 'oracle'),
        ('surreal2lsp', 'only_uniframe_like'),
        ('hand_3d', 'only_anatomical_plausibility'),
        ('hand_3d', 'with_plausible_pseudo_labels'),
        ('hand_3d', 'only_masked_image_consistency'),
        ('hand_3d', 'only_disagreement_weighting'),
        ('hand_3d', 'only_gradient_gate'),
        ('human_3d', 'with_anatomical_plausibility'),
        ('human_2d', 'with_masked_image_consistency'),
        ('human_2d', 'with_disagreement_weighting'),
        ('human_2d', 'with_gradient_gate'),
    ],
)
def test_variants_run(tmp_path, config, name):
    path = CONFIG_DIR / f'{config}.py'
    cfg = variant_config(tiny_config(path, tmp_path, tmp_path / 'work'), name)
    runner = run(cfg)
    assert [r['name'] for r in runner.train_loop.results] == [
        phase.name for phase in cfg.train_cfg.phases
    ]


def test_source_free_takes_the_adaptations_mean_teacher():
    cfg = Config.fromfile(CONFIG_DIR / 'human_2d.py')
    before = copy.deepcopy(cfg.to_dict())
    start, free = (variant_config(cfg, n) for n in ('source_start', 'source_free'))
    assert cfg.to_dict() == before
    assert parts_of(start) == [['supervised']]
    assert parts_of(free) == [['mean_teacher', 'stay']]
    assert set(free.model.alignments) == set(parts_of(free)[0])
    iters = [phase.iters for one in (start, free) for phase in one.train_cfg.phases]
    assert iters == [phase.iters for phase in cfg.train_cfg.phases]
    assert free.model.test_network == 'student'
    # a quarter of the 1500 steps
    assert free.model.teacher == dict(type='TeacherEMA', memory=1.0, start_steps=375)
    dataset = free.train_dataloader.dataset
    assert dataset.source is None and dataset.metainfo == 'human16'
    assert set(dataset.views) == {'target_teacher', 'target_student'}
    (monitor,) = [h for h in free.custom_hooks if h.type == 'AdaptationMonitorHook']
    assert monitor.max_lead > 1.15  # the teacher lags by intent
    hooks = types(free.custom_hooks)
    assert hooks.count('EMATeacherHook') == 1 and 'AdaINStyleHook' not in hooks


def test_a_longer_source_free_has_the_same_start():
    cfg = Config.fromfile(CONFIG_DIR / 'human_2d.py')
    short, long = (variant_config(cfg, n) for n in ('source_free', 'source_free_x3'))
    assert parts_of(long) == parts_of(short)
    assert long.train_cfg.phases[0].iters == 3 * short.train_cfg.phases[0].iters
    assert long.model.teacher == dict(type='TeacherEMA', memory=1.0, start_steps=1125)


def test_in_3d_source_free_keeps_bones_and_angles():
    cfg = Config.fromfile(CONFIG_DIR / 'hand_3d.py')
    free = variant_config(cfg, 'source_free')
    assert parts_of(free) == [['mean_teacher', 'stay', 'anatomy']]
    assert free.model.alignments.mean_teacher.depth
    assert 'depth' not in cfg.model.alignments.mean_teacher


@pytest.mark.parametrize('config', ['human_2d', 'human_2d_long', 'hand_3d'])
def test_source_free_has_the_batch_statistics_of_the_adaptation(config):
    cfg = Config.fromfile(CONFIG_DIR / f'{config}.py')
    keeps = bool(cfg.train_cfg.phases[-1].get('norm_eval'))
    free = variant_config(cfg, 'source_free')
    assert bool(free.train_cfg.phases[0].get('norm_eval')) == keeps
    assert types(free.custom_hooks).count('TargetStatisticsHook') == (not keeps)


def test_a_config_without_a_start_has_no_source_free_variant(cfg):
    assert parts_of(variant_config(cfg, 'source_start')) == [['supervised']] * 2
    cfg.train_cfg.phases = cfg.train_cfg.phases[2:]
    with pytest.raises(UserError, match='no variant'):
        variant_config(cfg, 'source_free')


@pytest.mark.parametrize('config', ['human_2d', 'hand_3d'])
def test_source_free_runs_from_its_start(tmp_path, config):
    path = CONFIG_DIR / f'{config}.py'
    start = variant_config(tiny_config(path, tmp_path, tmp_path / 'start'), 'source_start')
    begun = run(start)
    cfg = variant_config(tiny_config(path, tmp_path, tmp_path / 'free'), 'source_free')
    cfg.load_from = str(tmp_path / 'start' / f'iter_{begun.iter}.pth')
    runner = run(cfg)
    assert [r['name'] for r in runner.train_loop.results] == ['adapt']
    kept = dict(begun.model.teacher.module.named_parameters())
    stay = runner.model.alignments['stay'].start
    for name, weight in kept.items():
        assert (getattr(stay, name.replace('.', '/')) == weight).all()
