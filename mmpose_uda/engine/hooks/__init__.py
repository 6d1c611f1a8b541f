from .adain_style_hook import AdaINStyleHook
from .ema_teacher_hook import EMATeacherHook
from .picture_hook import AdaptationPictureHook
from .style_decoder_hook import StyleDecoderHook
from .summary_hook import SummaryHook

__all__ = [
    'AdaINStyleHook',
    'AdaptationPictureHook',
    'EMATeacherHook',
    'StyleDecoderHook',
    'SummaryHook',
]
