"""Check that two exports can be compared on a data set."""

from mmengine.dataset import BaseDataset
from torch import nn

from mmpose_uda.datasets.keypoint_names import keypoint_names, require_same_keypoints
from mmpose_uda.errors import UserError


def check_comparable(
    dataset: BaseDataset, models: dict[str, nn.Module], config: str
) -> None:
    """Refuse data on which the models cannot be compared.

    Args:
        dataset (BaseDataset): The data.
        models (dict[str, nn.Module]): Folder of an export -> its model, with ``cfg`` and
            ``dataset_meta``.
        config (str): Path of the data's config.

    Raises:
        UserError: There is no sample, labels are missing, or the keypoints or the crop
            size differ from those of a model.
    """
    if not len(dataset):
        raise UserError(f'There is nothing to compare: {config} has no test sample.')
    sample = dataset[0]['data_samples']
    if 'keypoints' not in sample.get('gt_instances', ()):
        raise UserError(
            f'The test data of {config} have no labels ({sample.img_path} has no '
            'keypoints): name a config of labelled data.'
        )
    metas = {f'the export {name}': model.dataset_meta for name, model in models.items()}
    metas[f'the test data of {config}'] = dataset.metainfo
    require_same_keypoints(
        {owner: keypoint_names(meta) for owner, meta in metas.items()},
        'compare exports and data with the same keypoints in the same order',
    )
    for folder, model in models.items():
        decoder = model.cfg.model.get('head', {}).get('decoder') or {}
        size, made = decoder.get('input_size'), tuple(sample.input_size)
        if size is not None and tuple(size) != made:
            raise UserError(
                f'The export {folder} takes crops of {tuple(size)} px, but the test '
                f'pipeline of {config} makes {made}: name a config whose crops fit both '
                'exports.'
            )
