"""Adaptation of a trained model to target images alone, without its source.

What tools/analysis_tools/ablation.py makes of the method of a config for its variant
'source_free'. The part `mean_teacher` is as the config has it; these are added.
"""

# Labels stay near what the model knew, or they drift (docs/source_free.md): all steps count
# alike in the teacher's average, and the model that it begins with as so many of them. The
# student, which such a teacher lags behind, is what comes out.
source_free_teacher = dict(type='TeacherEMA', memory=1.0)
source_free_start_share = 0.25

source_free_alignments = dict(
    # Beside the teacher's memory of the start, this holds the student's weights near it.
    stay=dict(type='StartingModelPull', loss_weight=0.01),
)
# Of a head that gives poses in mm: what is known of bones and angles comes with the model.
source_free_alignments_3d = dict(anatomy=dict(type='AnatomicalPlausibility'))
# The model comes with the statistics of its source; not where a phase keeps them.
target_statistics_hooks = [dict(type='TargetStatisticsHook')]
source_free_hooks = [
    dict(type='EMATeacherHook'),
    # Says so where the teacher has nothing left to teach. It is meant to lag: people's
    # students were surer than theirs by up to 1.15.
    dict(type='AdaptationMonitorHook', max_lead=1.5),
]
# Of the config's, which trains from scratch.
source_free_lr_mult = 0.25
