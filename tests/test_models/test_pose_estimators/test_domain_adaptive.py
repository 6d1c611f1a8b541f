import copy
from collections import Counter

import numpy as np
import pytest
import torch
from mmengine.model import convert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmengine.runner import load_checkpoint, save_checkpoint
from mmengine.structures import InstanceData, PixelData
from model_factory import (
    INPUT_SIZE,
    NUM_KEYPOINTS,
    VIEWS,
    build_adaptive,
    equal_states,
    losses_of,
    make_batch,
    part_configs,
    resnet_estimator,
    vit_config,
    vit_estimator,
)
from test_models.test_two_processes import labelled_for
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.engine.guarded_optim_wrapper import GuardedOptimWrapper
from mmpose_uda.models.observation import ViewObservation
from mmpose_uda.models.utils import batch_norm_layers, running_statistics

PARTS = ['supervised', 'reconstruction', 'foreground', 'attention', 'mean_teacher']


@pytest.fixture
def model():
    return build_adaptive()


def total(losses):
    return sum(value for key, value in losses.items() if 'loss' in key)


# ---- what a step computes ----------------------------------------------------------


def test_both_domains_in_one_pass_are_what_they_are_in_two(model, monkeypatch):
    found = losses_of(model, make_batch())
    total(found).backward()
    gradients = [p.grad.clone() for p in model.student.parameters()]
    model.zero_grad()
    monkeypatch.setattr(ViewObservation, 'can_join', lambda views: False)
    expected = losses_of(model, make_batch())
    total(expected).backward()
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, rtol=1e-5, atol=1e-6)
    for gradient, parameter in zip(gradients, model.student.parameters()):
        torch.testing.assert_close(gradient, parameter.grad, rtol=1e-3, atol=1e-6)


def test_what_occludes_is_seen_in_one_pass_too():
    """The student looks after its images have been changed."""
    parts = dict(part_configs(), occlusion=dict(type='KeypointOcclusion', prob=1.0))
    parts['occlusion'].update(min_confidence=0.0, size=0.3)
    model = build_adaptive(alignments=parts)
    seen = []
    model.student.backbone.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    losses_of(model, make_batch())
    plain = model.data_preprocessor(make_batch(), training=True)['inputs']
    (both,) = seen
    assert torch.equal(both[:2], plain['source'])
    assert not torch.equal(both[2:], plain['target_student'])


def build_with_batch_norm():
    backbone = resnet_estimator()['backbone']
    head = dict(vit_estimator()['head'], in_channels=64)
    return build_adaptive(
        estimator=vit_estimator(backbone=backbone, head=head),
        foreground_head=None,
        alignments=dict(mean_teacher=dict(type='MeanTeacherConsistency')),
    )


def test_batches_of_batch_norm_stay_apart():
    model = build_with_batch_norm()
    sizes = []
    model.student.backbone.register_forward_pre_hook(
        lambda _, args: sizes.append(len(args[0]))
    )
    losses_of(model, make_batch())
    assert sizes == [2, 2]


@pytest.mark.parametrize('fault', [float('inf'), float('nan')])
def test_a_batch_that_is_not_finite_leaves_no_trace(fault):
    """Neither in weights nor in statistics, of student and teacher."""
    model = build_with_batch_norm()
    optimizer = torch.optim.SGD(model.student.parameters(), lr=0.01)
    wrapper = GuardedOptimWrapper(optimizer=optimizer)
    model.begin_run()
    model.update_teacher()

    def step(fault=None):
        batch = make_batch()
        if fault is not None:
            batch['inputs'] = {k: v.float() for k, v in batch['inputs'].items()}
            batch['inputs']['source'][0, 0, 0, 0] = fault
        wrapper.update_params(total(losses_of(model, batch)))
        model.update_teacher(wrapper.finite)
        return copy.deepcopy(model.state_dict())

    before, after = step(), step(fault)
    assert not wrapper.finite
    for name, value in after.items():
        # it was begun, and the labels are labels
        if not name.startswith(('progress', 'source_statistics')):
            assert torch.equal(value, before[name]), name
    again = step()
    assert wrapper.finite and all(value.isfinite().all() for value in again.values())
    changed = [name for name in again if not torch.equal(again[name], after[name])]
    assert any(name.startswith('student') for name in changed)
    assert any(name.startswith('teacher') for name in changed)


@pytest.mark.parametrize('part', PARTS)
def test_gradient_of_every_part_reaches_the_backbone(model, part):
    model.set_phase([part])
    losses = losses_of(model, make_batch())
    assert any('loss' in key for key in losses)
    total(losses).backward()
    # the stem is the part of the backbone farthest from every loss
    for name, parameter in model.student.backbone.patch_embed.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, name
    assert all(parameter.grad is None for parameter in model.teacher.parameters())


def test_labels_tell_student_and_teacher_how_short_bones_get(model):
    ratios = [m.head.shrinkage.ratio for m in (model.student, model.teacher.module)]
    model.set_phase(['mean_teacher'])
    losses_of(model, make_batch())
    assert ratios == [1, 1]
    model.set_phase(['supervised'])
    losses_of(model, make_batch())
    assert ratios[0] < ratios[1] == 1
    model.teacher.update_parameters(model.student)
    assert ratios[0] == ratios[1]


def test_parts_train_their_own_networks(model):
    total(losses_of(model, make_batch())).backward()
    untrained = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or parameter.grad.abs().sum() == 0
    ]
    averaged = ('teacher.', 'foreground_teacher.')
    assert all(name.startswith(averaged) for name in untrained), untrained


MONITORS = [
    f'mean_teacher/{key}'
    for key in (
        'keypoint_spread',
        'pseudo_label_confidence',
        'pseudo_label_share',
        'student_confidence',
        'teacher_student_distance',
    )
]


def test_losses_carry_the_names_of_parts_and_views(model):
    losses = losses_of(model, make_batch())
    assert set(losses) == {
        'loss_kpt',
        'reconstruction/loss_source',
        'reconstruction/loss_target_student',
        'foreground/loss_bce',
        'attention/loss_source',
        'attention/loss_target_student',
        'mean_teacher/loss',
        *MONITORS,
    }
    assert all(value.dim() == 0 and value.isfinite() for value in losses.values())
    # mmengine sums all keys with 'loss': what is only logged must not have it
    summed, _ = model.parse_losses(losses)
    logged = [losses.pop(key) for key in MONITORS]
    assert all(value > 0 for value in logged)
    torch.testing.assert_close(summed, sum(losses.values()))


def test_what_a_part_with_loss_in_its_name_logs_is_not_trained_on():
    parts = {f'{name}_loss': part for name, part in part_configs().items()}
    renamed = build_adaptive(alignments=parts)
    batch = make_batch()
    torch.manual_seed(0)
    expected = total(losses_of(build_adaptive(), batch))
    torch.manual_seed(0)
    losses = losses_of(renamed, batch)
    summed, logged = renamed.parse_losses(losses)
    torch.testing.assert_close(summed, expected)
    assert logged['mean_teacher_lo_ss/pseudo_label_confidence'] > 0
    assert sum('loss' not in key for key in losses) == len(MONITORS)


def test_a_part_that_only_logs_is_refused(model, monkeypatch):
    part = model.alignments['mean_teacher']
    monkeypatch.setattr(part, 'forward', lambda _: dict(distance=torch.ones(())))
    match = "'mean_teacher' returns distance, .* only on keys that contain `loss`"
    with pytest.raises(UserError, match=match):
        losses_of(model, make_batch())
    monkeypatch.setattr(part, 'forward', lambda _: {})
    assert 'mean_teacher/loss' not in losses_of(model, make_batch())


COSTS = {
    # forwards of the student: backbone, visible patches, head; of the teacher: both
    ('supervised',): (1, 0, 1, 0, 0),
    ('foreground',): (1, 0, 0, 0, 0),
    ('supervised', 'foreground'): (1, 0, 1, 0, 0),
    ('reconstruction',): (0, 1, 0, 1, 0),
    ('attention',): (1, 0, 0, 1, 0),
    ('mean_teacher',): (1, 0, 1, 1, 1),
    tuple(PARTS): (1, 1, 2, 1, 1),
}


@pytest.mark.parametrize('parts', COSTS, ids='+'.join)
def test_a_phase_computes_nothing_that_its_parts_do_not_need(model, parts, monkeypatch):
    calls = Counter()
    student, teacher = model.student, model.teacher.module
    for name, module in (
        ('backbone', student.backbone),
        ('head', student.head),
        ('teacher', teacher.backbone),
        ('teacher head', teacher.head),
    ):
        module.register_forward_hook(lambda *_, name=name: calls.update([name]))
    for backbone in (student.backbone, teacher.backbone):

        def counted(*args, encode=backbone.forward_visible):
            calls['visible'] += 1
            return encode(*args)

        monkeypatch.setattr(backbone, 'forward_visible', counted)
    model.set_phase(parts)
    losses_of(model, make_batch())
    keys = ('backbone', 'visible', 'head', 'teacher', 'teacher head')
    assert tuple(calls[key] for key in keys) == COSTS[parts]


@pytest.mark.parametrize('parts', COSTS, ids='+'.join)
def test_a_phase_needs_no_other_views(model, parts):
    model.set_phase(parts)
    losses = losses_of(model, make_batch(views=sorted(model.required_views)))
    assert total(losses).isfinite()
    everything = losses_of(model, make_batch(views=VIEWS))
    assert losses.keys() == everything.keys()


def test_required_views(model):
    def views(*parts):
        model.set_phase(parts)
        return model.required_views

    assert views() == set()
    assert views('supervised') == views('foreground') == {'source'}
    assert views('mean_teacher') == {'target_teacher', 'target_student'}
    assert views('reconstruction') == views('attention') == set(VIEWS)
    assert views('supervised', 'mean_teacher') == set(VIEWS)


def test_plain_reconstruction_needs_no_teacher():
    parts = part_configs()
    parts['reconstruction'].update(foreground=False, views=['source', 'target_student'])
    parts = dict(reconstruction=parts['reconstruction'])
    model = build_adaptive(alignments=parts, foreground_head=None)
    model.set_phase(['reconstruction'])
    assert model.required_views == {'source', 'target_student'}
    batch = make_batch(views=['source', 'target_student'])
    assert total(losses_of(model, batch)).isfinite()


# ---- phases ------------------------------------------------------------------------


def test_all_parts_are_active_without_phases(model):
    assert set(model.active_parts) == set(PARTS)


def test_unknown_parts_are_refused(model):
    with pytest.raises(UserError, match="'recontruction'.*: use `reconstruction`"):
        model.set_phase(['supervised', 'recontruction'])
    with pytest.raises(
        UserError, match='`supervised`'
    ):  # where none is near, all are named
        model.set_phase(['q'])


def test_weights_ramp_within_a_phase(model):
    part = model.alignments['mean_teacher']
    part.loss_weight, part.ramp_iters = 3.0, 4
    key = 'mean_teacher/loss'
    model.begin_phase(['mean_teacher'])
    found = []
    for _ in range(6):
        losses = losses_of(model, make_batch())
        found.append(losses[key])
        assert losses['mean_teacher/pseudo_label_confidence'] > 0.001
    expected = found[-1] * torch.tensor([0, 0.25, 0.5, 0.75, 1, 1])
    torch.testing.assert_close(torch.stack(found), expected)
    model.begin_phase(['mean_teacher'])
    assert losses_of(model, make_batch())[key] == 0
    model.set_phase(['mean_teacher'])  # goes on
    torch.testing.assert_close(losses_of(model, make_batch())[key], found[1])


# ---- the teacher -------------------------------------------------------------------


def test_the_first_update_makes_the_teacher_equal(model):
    student, teacher = model.student.state_dict(), model.teacher.module.state_dict()
    assert not equal_states(student, teacher)
    model.update_teacher()
    assert equal_states(student, model.teacher.module.state_dict())
    head, average = model.foreground_head, model.foreground_teacher.module
    assert equal_states(head.state_dict(), average.state_dict())


def test_the_foreground_head_is_averaged_like_the_student(model):
    model.update_teacher()
    before = model.foreground_teacher.module.classifier.weight.clone()
    with torch.no_grad():
        model.foreground_head.classifier.weight += 1
    model.update_teacher()
    found = model.foreground_teacher.module.classifier.weight
    torch.testing.assert_close(found, before + 0.5)


def test_averages_are_all_parameters_that_no_loss_reaches(model):
    averaged = set(map(id, model.averaged_parameters()))
    total(losses_of(model, make_batch())).backward()
    untrained = {id(p) for p in model.parameters() if p.grad is None}
    assert averaged == untrained


def test_a_step_moves_the_student_alone(model):
    optim_wrapper = build_optim_wrapper(
        model,
        dict(
            type='OptimWrapper',
            optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.5),
        ),
    )
    teacher = {k: v.clone() for k, v in model.teacher.state_dict().items()}
    student = {k: v.clone() for k, v in model.student.state_dict().items()}
    model.train()
    model.train_step(make_batch(), optim_wrapper)
    assert equal_states(teacher, model.teacher.state_dict())
    for name, parameter in model.student.named_parameters():
        assert not torch.equal(parameter, student[name]), name


def heatmap_batch():
    """A batch for a stock HeatmapHead."""
    batch = make_batch(views=['source'], foreground=False)
    for sample in batch['data_samples']['source']:
        sample.gt_fields = PixelData(heatmaps=torch.rand(NUM_KEYPOINTS, 2, 4))
        sample.gt_instance_labels = InstanceData(
            keypoint_weights=torch.ones(1, NUM_KEYPOINTS)
        )
    return batch


def test_a_stock_estimator_with_batchnorm():
    model = build_adaptive(
        estimator=resnet_estimator(), alignments={}, foreground_head=None
    )
    model.update_teacher()
    optim_wrapper = build_optim_wrapper(
        model, dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
    )
    before = {k: v.clone() for k, v in model.teacher.state_dict().items()}
    model.train()
    assert not any(module.training for module in model.teacher.modules())
    losses = model.train_step(heatmap_batch(), optim_wrapper)
    assert losses['loss_kpt'] > 0
    assert equal_states(before, model.teacher.state_dict())
    model.update_teacher()
    statistics = [n for n, _ in model.student.named_buffers() if 'running' in n]
    assert len(statistics) > 20
    for name, buffer in model.student.named_buffers():
        assert torch.equal(buffer, model.teacher.module.get_buffer(name)), name
        if name in statistics:
            assert not torch.equal(buffer, before[f'module.{name}']), name
    for name, parameter in model.student.named_parameters():
        found = model.teacher.module.get_parameter(name)
        expected = (before[f'module.{name}'] + parameter) / 2
        torch.testing.assert_close(found, expected, msg=name)


# ---- new trainings from old weights ------------------------------------------------


def trained_model():
    """A model some steps into a training; teacher and student differ."""
    parts = part_configs()
    parts['attention'].update(pretrained_weight=1.0)
    model = build_adaptive(alignments=parts)
    model.begin_run()
    model.update_teacher()
    optimizer = torch.optim.SGD(model.trained_parameters(), lr=0.1)
    for _ in range(3):
        total(losses_of(model, make_batch())).backward()
        optimizer.step()
        optimizer.zero_grad()
        model.update_teacher()
    return model


def test_a_new_run_starts_from_the_teacher_and_counts_nothing_on():
    model = trained_model()
    teacher = {k: v.clone() for k, v in model.teacher.module.state_dict().items()}
    head = {k: v.clone() for k, v in model.foreground_teacher.module.state_dict().items()}
    assert not equal_states(teacher, model.student.state_dict())
    assert (model.teacher.steps, model.progress.begun) == (4, 3)
    for _ in range(2):  # hooks and loop may both say so
        model.begin_run()
        assert equal_states(teacher, model.student.state_dict())
        assert equal_states(head, model.foreground_head.state_dict())
        assert (model.teacher.steps, model.progress.begun) == (0, 0)
        assert model.foreground_teacher.steps == 0
        assert not model.alignments['attention'].pretrained.taken


def test_a_resumed_run_goes_on(tmp_path):
    model, resumed = trained_model(), trained_model()
    resumed.begin_run()
    resumed.load_state_dict(model.state_dict())
    resumed.resume_phase(['supervised'])
    assert resumed.alignments['attention'].pretrained.taken
    losses_of(resumed, make_batch())
    assert (resumed.teacher.steps, resumed.progress.begun) == (4, 4)


def test_checkpoints_without_progress_are_not_resumed_within_a_phase():
    model = trained_model()
    state = model.state_dict()
    del state['progress.begun']
    model.load_state_dict(state)
    with pytest.raises(UserError, match='earlier version.*`load_from`'):
        model.resume_phase(['supervised'])
    model.begin_phase(['supervised'])
    assert model.progress.begun == 0


def by_torch(model, state_dict, _):
    model.load_state_dict(state_dict)


def by_mmengine(model, state_dict, path):
    save_checkpoint(dict(state_dict=state_dict), str(path))
    load_checkpoint(model, str(path), strict=True)


def by_init_cfg(model, state_dict, path):
    save_checkpoint(dict(state_dict=state_dict), str(path))
    model.init_cfg = dict(type='Pretrained', checkpoint=str(path))
    model.init_weights()


@pytest.mark.parametrize('load', [by_torch, by_mmengine, by_init_cfg])
def test_weights_of_the_plain_estimator(load, tmp_path):
    plain = build_adaptive(seed=1).student.state_dict()
    model = build_adaptive(alignments=parts('attention'))
    head = {k: v.clone() for k, v in model.foreground_head.state_dict().items()}
    load(model, plain, tmp_path / 'plain.pth')
    assert equal_states(model.student.state_dict(), plain)
    assert equal_states(model.teacher.module.state_dict(), plain)
    if load is not by_init_cfg:  # which initialises the rest
        assert equal_states(model.foreground_head.state_dict(), head)
    model.require_tested()
    model.begin_run()
    model.update_teacher()
    assert equal_states(model.student.state_dict(), plain)
    assert equal_states(model.teacher.module.state_dict(), plain)


def test_plain_weights_of_another_estimator_are_refused():
    plain = build_adaptive().student.state_dict()
    plain['head.extra'] = torch.zeros(1)
    with pytest.raises(RuntimeError, match='student.head.extra'):
        build_adaptive().load_state_dict(plain)


# ---- prediction --------------------------------------------------------------------


def test_a_teacher_that_was_never_updated_does_not_predict(model):
    batch = make_batch(views=['source'])
    data = dict(inputs=batch['inputs']['source'] / 255)
    data['data_samples'] = batch['data_samples']['source']
    for sample in data['data_samples']:
        sample.gt_instances = InstanceData(bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1))
    with pytest.raises(UserError, match="never updated.*EMATeacherHook.*test_network='st"):
        model(**data, mode='predict')
    model.use_for_test('student')
    assert len(model(**data, mode='predict')) == 2
    model.use_for_test('teacher')
    model.update_teacher()
    assert len(model(**data, mode='predict')) == 2


@pytest.mark.parametrize('which', ['teacher', 'student'])
def test_the_tested_network_predicts(model, which):
    model.use_for_test(which)
    model.eval()
    images = torch.randn(2, 3, 32, 48)
    network = model.student if which == 'student' else model.teacher.module
    other = model.teacher.module if which == 'student' else model.student
    with torch.no_grad():
        found = model(images)
        assert torch.equal(found, network(images, None))
        assert not torch.equal(found, other(images, None))


def test_the_teacher_is_tested_by_default(model):
    assert model.test_network == 'teacher' and model.tested is model.teacher.module


# ---- what does not fit -------------------------------------------------------------


def parts(*names):
    return {name: part_configs()[name] for name in names}


def test_unknown_test_network_is_refused():
    with pytest.raises(UserError, match="'teacher' or 'student', not 'techer'"):
        build_adaptive(test_network='techer')


def test_unknown_test_statistics_are_refused():
    with pytest.raises(UserError, match="'target', 'source' or 'both', not 'all'"):
        build_adaptive(test_statistics='all')


def test_consistency_refuses_heads_without_distributions():
    with pytest.raises(UserError) as caught:
        build_adaptive(
            estimator=resnet_estimator('RegressionHead'),
            alignments=parts('mean_teacher'),
            foreground_head=None,
        )
    message = str(caught.value)
    assert "'mean_teacher'" in message and 'RegressionHead' in message
    assert 'use a HeatmapHead' in message and 'VolumetricPose3DHead' in message


@pytest.mark.parametrize('name', ['reconstruction', 'attention'])
def test_parts_that_need_a_transformer_refuse_others(name):
    with pytest.raises(UserError) as caught:
        build_adaptive(estimator=resnet_estimator(), alignments=parts(name))
    message = str(caught.value)
    assert f'{name!r}' in message and 'ResNet' in message
    assert "use type='MaskedVisionTransformer'" in message


@pytest.mark.parametrize('name', ['reconstruction', 'attention', 'foreground'])
def test_parts_that_need_the_foreground_refuse_models_without(name):
    with pytest.raises(UserError) as caught:
        build_adaptive(alignments=parts(name), foreground_head=None)
    message = str(caught.value)
    assert f'{name!r}' in message and '`foreground_head`' in message
    assert ('`target_has_masks=True`' in message) == (name != 'foreground')


@pytest.mark.parametrize('name', ['reconstruction', 'attention'])
def test_masks_of_the_target_make_a_foreground_head_unnecessary(name):
    model = build_adaptive(
        alignments=parts(name), foreground_head=None, target_has_masks=True
    )
    batch = make_batch()
    with pytest.raises(UserError, match='no mask') as caught:
        losses_of(model, batch)
    assert '`foreground_head`' in str(caught.value)
    for view in ('target_student', 'target_teacher'):
        for sample in batch['data_samples'][view]:
            sample.gt_foreground = torch.ones(1, *INPUT_SIZE[::-1])
    assert total(losses_of(model, batch)) > 0


def test_the_foreground_of_the_source_alone_needs_no_head():
    attention = dict(type='AttentionRegularization', layers=[0], views=['source'])
    model = build_adaptive(alignments=dict(attention=attention), foreground_head=None)
    model.set_phase(['attention'])
    assert model.required_views == {'source'}
    assert total(losses_of(model, make_batch(views=['source']))) > 0


@pytest.mark.parametrize('layer', [2, -3])
def test_attention_layers_that_do_not_exist_are_refused(layer):
    attention = dict(type='AttentionRegularization', layers=[layer])
    with pytest.raises(UserError, match='layers'):
        build_adaptive(alignments=dict(attention=attention))


def test_reconstruction_of_another_grid_is_refused():
    wrong = parts('reconstruction')
    wrong['reconstruction']['head']['patch_grid'] = (6, 4)
    with pytest.raises(UserError, match='patch_grid'):
        build_adaptive(alignments=wrong)


# ---- layer-wise learning rates -----------------------------------------------------


def test_layer_depths_are_those_of_the_backbone(model):
    depth = model.get_layer_depth
    assert depth('student.backbone.pos_embed') == (0, 4)
    assert depth('student.backbone.layers.1.attn.qkv.weight') == (2, 4)
    assert depth('student.head.to_volume.bias') == (3, 4)
    assert depth('foreground_head.classifier.bias') == (3, 4)


def test_a_class_token_changes_nothing_around_the_backbone():
    estimator = vit_estimator(backbone=vit_config('patch', with_cls_token=True))
    model = build_adaptive(estimator=estimator)
    assert total(losses_of(model, make_batch())).isfinite()


# ---- statistics ----------------------------------------------------------------------


@pytest.mark.parametrize('fed', ['source', 'target'])
def test_gradient_checkpointing_changes_no_statistics(fed):
    """Only the views that are to feed them do, and each once."""
    found = []
    for with_cp in (False, True):
        estimator = resnet_estimator()
        estimator['backbone']['with_cp'] = with_cp
        adversarial = dict(
            type='DomainAdversarial',
            discriminator=dict(type='DomainDiscriminator', in_channels=64),
        )
        model = build_adaptive(
            estimator=estimator,
            alignments=dict(adversarial=adversarial),
            foreground_head=None,
            test_statistics=fed,
        )
        model.set_phase(['adversarial'])
        total(losses_of(model, make_batch())).backward()
        found.append(dict(model.student.named_buffers()))
    assert len(found[0]) > 20
    for name, buffer in found[0].items():
        torch.testing.assert_close(found[1][name], buffer, msg=name)
        if 'num_batches' in name and name.startswith('backbone'):
            assert buffer == 1


def test_a_phase_keeps_the_statistics_and_normalises_by_them():
    adversarial = dict(
        type='DomainAdversarial',
        discriminator=dict(type='DomainDiscriminator', in_channels=64),
    )
    model = build_adaptive(
        estimator=resnet_estimator(),
        alignments=dict(adversarial=adversarial),
        foreground_head=None,
    )
    before = {name: buffer.clone() for name, buffer in model.student.named_buffers()}
    model.set_phase(['adversarial'], norm_eval=True)
    model.train()  # as the loop does before every step
    total(losses_of(model, make_batch())).backward()
    assert equal_states(dict(model.student.named_buffers()), before)

    batch = model.data_preprocessor(make_batch(), training=True)
    seen = model.observe(batch['inputs'], batch['data_samples'])
    in_training = [seen[view].features[-1] for view in ('source', 'target_student')]
    model.eval()
    for view, features in zip(('source', 'target_student'), in_training):
        alone = model.student.extract_feat(batch['inputs'][view])[-1]
        torch.testing.assert_close(features, alone)

    model.set_phase(['adversarial'])
    model.train()
    losses_of(model, make_batch())
    assert not equal_states(dict(model.student.named_buffers()), before)


def test_views_that_are_masked_alone_feed_no_statistics():
    """And do not keep those from it that are looked at as a whole."""
    estimator = resnet_estimator()
    estimator['backbone']['strides'] = (1, 2, 2, 1)
    size = dict(in_channels=64, stride=16, patch_size=16, patch_grid=(2, 3))
    reconstruction = dict(
        type='MaskedReconstruction',
        masking=dict(type='PatchMasking'),
        head=dict(type='ConvReconstructionHead', **size),
        foreground=False,
    )
    model = build_adaptive(
        estimator=estimator,
        alignments=dict(
            reconstruction=reconstruction, foreground=dict(type='ForegroundSegmentation')
        ),
        foreground_head=dict(type='ForegroundHead', in_channels=64),
    )
    layer = batch_norm_layers(model.student.backbone)[0]
    counts = []
    for active in (['reconstruction'], ['reconstruction', 'foreground']):
        model.set_phase(active)
        total(losses_of(model, make_batch())).backward()
        counts.append(layer.num_batches_tracked.item())
    # the source, which is looked at for its foreground
    assert counts == [0, 1]


@pytest.mark.parametrize('statistics', ['target', 'source', 'both'])
def test_a_head_sees_what_feeds_statistics(statistics):
    """Even if a part needs no more than the features of the view that does."""
    adversarial = dict(
        type='DomainAdversarial',
        feature='backbone',
        discriminator=dict(type='DomainDiscriminator', in_channels=64, kernel_size=1),
    )
    model = build_adaptive(
        estimator=resnet_estimator(),
        alignments=dict(adversarial=adversarial),
        foreground_head=None,
        test_statistics=statistics,
    )
    layers = [batch_norm_layers(n)[0] for n in (model.student.backbone, model.student.head)]
    batch = labelled_for(resnet_estimator()['head']['decoder'])
    for _ in range(3):
        total(losses_of(model, batch)).backward()
    body, head = (layer.num_batches_tracked.item() for layer in layers)
    assert body == head == (6 if statistics == 'both' else 3)
    # but a head that is not trained sees nothing
    model.set_phase(['adversarial'])
    losses_of(model, batch)
    assert layers[0].num_batches_tracked > body
    assert layers[1].num_batches_tracked == head


def test_what_a_checkpoint_lacks_keeps_its_initial_weights(tmp_path):
    """A head for other keypoints than those of the weights that a run begins with."""
    model = build_adaptive(
        estimator=resnet_estimator(), alignments={}, foreground_head=None
    )
    model.init_weights()
    assert equal_states(model.student.state_dict(), model.teacher.module.state_dict())
    weights = copy.deepcopy(model.student.state_dict())
    for name in ('head.final_layer.weight', 'head.final_layer.bias'):
        weights[name] = torch.cat([weights[name]] * 2)
    weights['backbone.conv1.weight'] += 1
    save_checkpoint(dict(state_dict=weights), str(tmp_path / 'other.pth'))
    expected = model.student.head.final_layer.weight.clone()
    load_checkpoint(model, str(tmp_path / 'other.pth'))
    model.begin_run()
    assert torch.equal(model.student.head.final_layer.weight, expected)
    torch.testing.assert_close(
        model.student.backbone.conv1.weight, weights['backbone.conv1.weight']
    )


def test_layers_that_share_statistics_between_gpus_are_known():
    """The wiring of mmengine's ``sync_bn``; such layers run on GPUs alone."""
    model = build_adaptive(
        estimator=resnet_estimator(), alignments={}, foreground_head=None
    )
    expected = {key: value.clone() for key, value in model.state_dict().items()}
    model = convert_sync_batchnorm(model)
    assert equal_states(model.state_dict(), expected)
    for network in (model.student, model.teacher.module):
        layers = batch_norm_layers(network)
        assert len(layers) > 15
        assert all(isinstance(layer, nn.SyncBatchNorm) for layer in layers)
    model.train()
    with running_statistics(model.student, are_updated=False):
        layers = batch_norm_layers(model.student)
        assert not any(layer.track_running_stats for layer in layers)
    model.begin_run()
    model.update_teacher()
    assert equal_states(model.student.state_dict(), model.teacher.module.state_dict())


def test_an_estimator_that_looks_at_no_images_is_refused():
    lifter = dict(type='PoseLifter', backbone=dict(type='TCN', in_channels=34))
    with pytest.raises(UserError, match='PoseLifter has no `data_preprocessor`'):
        build_adaptive(estimator=lifter)
