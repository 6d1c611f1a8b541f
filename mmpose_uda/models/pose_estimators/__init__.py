from .domain_adaptive import DomainAdaptivePoseEstimator
from .teacher_ema import TeacherEMA

__all__ = ['DomainAdaptivePoseEstimator', 'TeacherEMA']
