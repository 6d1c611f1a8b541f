"""The results of training a style decoder."""

from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.safe_checkpoint import save_checkpoint
from mmpose_uda.visualization import grid, save_picture, to_tile

_TILE = 176  # px


@HOOKS.register_module()
class StyleDecoderHook(Hook):
    """Draws restyled images as :class:`AdaINStyleTransfer` trains, and writes its decoder.

    ``work_dir/pictures/style_<iteration>.jpg`` shows content, style and result, alternately
    from source to target and back, always of the same images.
    ``work_dir/decoder.pth`` is in the public format, for ``VGG19Style``.

    Args:
        interval (int): Iterations between two pictures.
        num_images (int): Rows of a picture.
    """

    priority = 'LOW'

    def __init__(self, interval: int = 1000, num_images: int = 6):
        self.interval = interval
        self.num_images = num_images

    def after_train_iter(
        self, runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Draw every ``interval`` iterations."""
        if is_main_process() and self.every_n_train_iters(runner, self.interval):
            self.draw(runner, runner.iter + 1)

    def after_train(self, runner) -> None:
        """Draw, write the decoder, and log where they are."""
        if not is_main_process():
            return
        self.draw(runner, runner.iter)
        path = Path(runner.work_dir) / 'decoder.pth'
        state = unwrapped_model(runner).decoder.state_dict()
        save_checkpoint({key: value.cpu() for key, value in state.items()}, path)
        runner.logger.info(
            'Training is done.\n'
            f'Pictures: {path.parent / "pictures"}\n'
            f'The decoder, for `style` of AdaINStyleHook: {path}'
        )

    def draw(self, runner, iteration: int) -> None:
        """Write a picture of some images of the training data."""
        model = unwrapped_model(runner)
        device = next(model.parameters()).device
        dataset = runner.train_dataloader.dataset
        columns = dict(content=[], style=[], result=[])
        for n in range(self.num_images):
            views = dataset[n]['inputs']
            pair = [views[view][None].to(device) for view in model.required_views]
            content, style = pair if n % 2 == 0 else reversed(pair)
            result = model.stylize(content, style)
            for column, image in zip(columns.values(), (content, style, result)):
                picture = image[0].permute(1, 2, 0).cpu().numpy()
                column.append(to_tile(picture, _TILE))
        sheet = grid(columns)
        folder = Path(runner.work_dir) / 'pictures'
        save_picture(folder / f'style_{iteration:06d}.jpg', sheet)
        runner.visualizer.add_image('style', sheet[..., ::-1], iteration)
