"""Parts from later methods, which no config switches on.

tools/analysis_tools/ablation.py adds each one to a plain mean teacher (`only_<name>`) and
to the whole method (`with_<name>`).

Values are those of the papers, if a paper gives one (docs/parts.md).
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
