"""Parts of later methods, which no config has on.

tools/analysis_tools/ablation.py adds each to the mean teacher alone (`only_<name>`) and to
the whole method (`with_<name>`).

Their values are those of the papers where they have one (docs/parts.md).
"""

ablation_extras = dict(
    masked_image_consistency=dict(
        needs=['mean_teacher'],
        alignments=dict(masked=dict(type='MaskedImageConsistency')),
    ),
    disagreement_weighting=dict(
        needs=['mean_teacher'],
        options={
            'model.alignments.mean_teacher.selection': [
                dict(type='ConfidenceWeighting'),
                dict(type='DisagreementWeighting'),
            ]
        },
    ),
    gradient_gate=dict(
        needs=['mean_teacher'],
        alignments=dict(gate=dict(type='GradientGate', parts=['mean_teacher'])),
    ),
)
