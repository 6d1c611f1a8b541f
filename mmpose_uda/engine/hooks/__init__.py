from .adain_style_hook import AdaINStyleHook
from .adaptation_monitor_hook import AdaptationMonitorHook
from .backbone_checkpoint_hook import BackboneCheckpointHook
from .ema_teacher_hook import EMATeacherHook
from .picture_hook import AdaptationPictureHook
from .preemption_hook import PreemptionHook
from .source_measures_hook import SourceMeasuresHook
from .step_scalars_hook import StepScalarsHook
from .step_state_hook import StepStateHook
from .style_decoder_hook import StyleDecoderHook
from .summary_hook import SummaryHook
from .target_statistics_hook import TargetStatisticsHook

__all__ = [
    'AdaINStyleHook',
    'AdaptationMonitorHook',
    'AdaptationPictureHook',
    'BackboneCheckpointHook',
    'EMATeacherHook',
    'PreemptionHook',
    'SourceMeasuresHook',
    'StepScalarsHook',
    'StepStateHook',
    'StyleDecoderHook',
    'SummaryHook',
    'TargetStatisticsHook',
]
