"""Export of a pre-trained backbone."""

from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.deploy.export import select_weights
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.safe_checkpoint import save_checkpoint


@HOOKS.register_module()
class BackboneCheckpointHook(Hook):
    """Writes the student's backbone after training, for another config to start from.

    Any config whose backbone has the same names and shapes can load it by
    ``init_cfg=dict(type='Pretrained', checkpoint='.../backbone.pth')``; that of a
    ``MaskedVisionTransformer`` with ``stem='patch'`` fits mmpretrain's
    ``VisionTransformer`` too.

    Args:
        file_name (str): Name of the file to write in the work dir.
    """

    priority = 'VERY_LOW'

    def __init__(self, file_name: str = 'backbone.pth'):
        self.file_name = file_name

    def after_train(self, runner) -> None:
        """Write the checkpoint."""
        if not is_main_process():
            return
        weights = select_weights(unwrapped_model(runner).state_dict(), 'student.backbone.')
        path = Path(runner.work_dir) / self.file_name
        save_checkpoint(dict(state_dict=weights), path)
        runner.logger.info(f'The backbone for other configs: {path}')
