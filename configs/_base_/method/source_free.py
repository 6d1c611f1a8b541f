"""Adaptation of a trained model to target images only, without its source.

tools/analysis_tools/ablation.py changes the method of a config to this for the variant
'source_free'. The part `mean_teacher` stays as the config has it; the parts below are
added.
"""

# Labels must stay near what the model knew, or they drift (docs/source_free.md): all steps
# count equally in the teacher's average, and the starting model counts as this share of
# them. Such a teacher lags behind the student, so the student is the result.
source_free_teacher = dict(type='TeacherEMA', memory=1.0)
source_free_start_share = 0.25

source_free_alignments = dict(
    # Besides the teacher's memory of the start, this keeps the student's weights near it.
    stay=dict(type='StartingModelPull', loss_weight=0.01),
)
# For a head that predicts poses in mm: statistics of bones and angles come with the model.
source_free_alignments_3d = dict(anatomy=dict(type='AnatomicalPlausibility'))
# Replaces the BatchNorm statistics of the source; left out if all phases keep them.
target_statistics_hooks = [dict(type='TargetStatisticsHook')]
source_free_hooks = [
    dict(type='EMATeacherHook'),
    # Warns if the teacher has nothing left to teach. It is meant to lag: on people,
    # students were more confident than their teachers by a factor of up to 1.15.
    dict(type='AdaptationMonitorHook', max_lead=1.5),
]
# Relative to the config's learning rate, which is for training from scratch.
source_free_lr_mult = 0.25
