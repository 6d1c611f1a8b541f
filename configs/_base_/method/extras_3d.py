"""The parts of `extras.py`, and parts that judge poses in 3D."""

_base_ = ['extras.py']

ablation_extras = dict(
    anatomical_plausibility=dict(
        needs=['mean_teacher'],
        alignments=dict(anatomy=dict(type='AnatomicalPlausibility', ramp_iters=200)),
    ),
    plausible_pseudo_labels=dict(
        needs=['mean_teacher'],
        options={
            'model.alignments.mean_teacher.selection': [
                dict(type='ConfidenceWeighting'),
                dict(type='PlausibilitySelection', ramp_iters=200),
            ]
        },
    ),
)
