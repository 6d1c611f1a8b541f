"""The views of an adaptation, derived from the training pipeline of an mmpose config."""

from typing import Optional, Sequence

from mmpose_uda.errors import UserError

Pipeline = list[dict]

# Ours take the arguments of mmpose's and do the same to labels and pixels; in addition:
_OURS = {
    'LoadImage': 'LoadPoseImage',  # sets missing boxes, names files that do not decode
    'RandomFlip': 'RandomFlip3D',  # records the flip for pseudo labels
    'TopdownAffine': 'TopdownAffine3D',  # records the crop for pseudo labels
    'Albumentation': 'SeededAlbumentation',  # depends only on the draw
    'PackPoseInputs': 'PackPoseView',  # packs those records
}
_NEED_LABELS = ('GenerateTarget', 'KeypointConverter', 'RandomHalfBody')
# what validation does to an image
_PLAIN = ('GetBBoxCenterScale', 'TopdownAffine', 'PackPoseInputs')


def derive_views(
    pipeline: Optional[Sequence[dict]],
) -> tuple[Pipeline, dict[str, Pipeline]]:
    """Split a stock top-down training pipeline into loading and views.

    The source and the student's target view are augmented as in the pipeline, the target
    only as far as that needs no labels. The teacher sees the plain crop.

    Args:
        pipeline (Sequence[dict], optional): The ``train_pipeline`` of an mmpose config.

    Returns:
        tuple[list[dict], dict[str, list[dict]]]: The loading of both domains, and the
        pipelines of the views ``source``, ``target_student`` and ``target_teacher``.

    Raises:
        UserError: It is not the pipeline of a top-down estimator.
    """
    kinds = [class_name(step) for step in pipeline or ()]
    for needed in ('LoadImage', *_PLAIN):
        if needed not in kinds:
            raise UserError(
                f'The pipeline of the source has no {needed}, so no views can be derived '
                'from it: give the SourceTargetDataset its `views`.'
            )
    ours = [(kind, _translate(step)) for kind, step in zip(kinds, pipeline)]
    loading = [step for kind, step in ours if kind == 'LoadImage']
    steps = [(kind, step) for kind, step in ours if kind != 'LoadImage']
    views = dict(
        source=[step for _, step in steps],
        target_student=[step for kind, step in steps if kind not in _NEED_LABELS],
        target_teacher=[step for kind, step in steps if kind in _PLAIN],
    )
    return loading, views


def with_own_loading(pipeline: Sequence) -> list:
    """Replace ``LoadImage`` in a pipeline by ours, which reports faulty images."""
    return [
        _translate(step)
        if isinstance(step, dict) and class_name(step) == 'LoadImage'
        else step
        for step in pipeline
    ]


def class_name(part: dict) -> str:
    """Class name of a part of a config, such as a transform, without its scope."""
    return str(part['type']).rpartition('.')[-1]


def _translate(step: dict) -> dict:
    name = class_name(step)
    scope = str(step['type']).removesuffix(name)
    return dict(step, type=scope + _OURS[name]) if name in _OURS else dict(step)
