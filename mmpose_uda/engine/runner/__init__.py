from .phase_log_processor import PhaseLogProcessor
from .phased_train_loop import Phase, PhasedTrainLoop
from .teacher_student_val_loop import TeacherStudentValLoop

__all__ = ['Phase', 'PhaseLogProcessor', 'PhasedTrainLoop', 'TeacherStudentValLoop']
