"""Options of parameters as mmengine gives them, without a word about the teacher."""

import pytest
from mmengine.optim import build_optim_wrapper
from mmengine.optim.optimizer import default_constructor
from model_factory import build_adaptive


@pytest.fixture
def build(monkeypatch):
    """A constructor -> name -> options of the trained parameters, and what was said."""
    model = build_adaptive()
    names = {id(parameter): name for name, parameter in model.named_parameters()}

    def build(constructor):
        said = []
        monkeypatch.setattr(
            default_constructor, 'print_log', lambda text, *_, **__: said.append(text)
        )
        wrapper = build_optim_wrapper(
            model,
            dict(
                optimizer=dict(type='AdamW', lr=0.1, weight_decay=0.1),
                paramwise_cfg=dict(
                    norm_decay_mult=0.0, custom_keys=dict(head=dict(lr_mult=3))
                ),
                constructor=constructor,
            ),
        )
        groups = {
            names[id(group['params'][0])]: (group['lr'], group['weight_decay'])
            for group in wrapper.optimizer.param_groups
        }
        return groups, said

    return build


def test_averages_are_passed_over(build):
    expected, said = build('DefaultOptimWrapperConstructor')
    of_teacher = [line for line in said if 'teacher' in line]
    assert of_teacher
    groups, now_said = build('StudentOptimWrapperConstructor')
    # an optimizer's state is resumed in this order
    assert list(groups.items()) == list(expected.items())
    assert len(set(groups.values())) > 1
    assert now_said == [line for line in said if line not in of_teacher]
