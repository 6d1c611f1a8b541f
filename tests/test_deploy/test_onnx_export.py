import json
import sys

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from model_factory import (
    EMBED_DIMS,
    INPUT_SIZE,
    NUM_KEYPOINTS,
    make_batch,
    regression_estimator,
    resnet_estimator,
    vit_config,
    vit_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.deploy import onnx_export
from mmpose_uda.deploy.export import export_estimator
from mmpose_uda.deploy.onnx_export import export_onnx

onnxruntime = pytest.importorskip('onnxruntime')

NAMES = [f'point {i}' for i in range(NUM_KEYPOINTS)]


def rtmcc_estimator():
    """RTMPose's head on a narrow ResNet."""
    estimator = resnet_estimator()
    estimator['head'] = dict(
        type='RTMCCHead',
        in_channels=64,
        out_channels=NUM_KEYPOINTS,
        input_size=INPUT_SIZE,
        in_featuremap_size=(2, 1),
        simcc_split_ratio=2.0,
        final_layer_kernel_size=3,
        gau_cfg=dict(
            hidden_dims=16,
            s=8,
            expansion_factor=2,
            dropout_rate=0.0,
            drop_path=0.0,
            act_fn='SiLU',
            use_rel_bias=False,
            pos_enc=False,
        ),
        loss=dict(type='KLDiscretLoss', use_target_weight=True),
        decoder=dict(
            type='SimCCLabel', input_size=INPUT_SIZE, sigma=2.0, simcc_split_ratio=2.0
        ),
    )
    return estimator


def dsnt_estimator():
    """A head whose codec is two codecs."""
    estimator = resnet_estimator()
    codec = dict(estimator['head']['decoder'], type='IntegralRegressionLabel')
    estimator['head'] = dict(
        type='DSNTHead',
        in_channels=64,
        in_featuremap_size=(2, 1),
        num_joints=NUM_KEYPOINTS,
        deconv_out_channels=(8,),
        deconv_kernel_sizes=(4,),
        decoder=codec,
    )
    return estimator


def vitpose_estimator():
    """A transformer with a heatmap head, fed with BGR."""
    head = dict(resnet_estimator()['head'], in_channels=EMBED_DIMS)
    preprocessor = dict(
        type='PoseDataPreprocessor', mean=[103.53, 116.28, 123.675], std=[57.0] * 3
    )
    return vit_estimator(
        backbone=vit_config(stem='patch', patch_cfg=dict(padding=2)),
        head=head,
        data_preprocessor=preprocessor,
    )


ESTIMATORS = dict(
    heatmap=(resnet_estimator, ['heatmaps']),
    simcc=(rtmcc_estimator, ['simcc_x', 'simcc_y']),
    vit=(vitpose_estimator, ['heatmaps']),
    integral=(dsnt_estimator, ['keypoints', 'heatmaps']),
    regression=(lambda: resnet_estimator('RegressionHead'), ['keypoints']),
    volumetric=(vit_estimator, ['keypoints_3d', 'scores']),
    regression_3d=(regression_estimator, ['keypoints_3d', 'scores', 'mm_per_px']),
)


def export(estimator, folder):
    """The trained model that is exported, and its teacher."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    wrapper = dict(type='DomainAdaptivePoseEstimator', estimator=estimator)
    model = MODELS.build(wrapper)
    model.update_teacher()
    with torch.no_grad():
        for value in model.state_dict().values():
            if value.is_floating_point():
                value.add_(0.05 * torch.rand_like(value))
    meta = dict(dataset_meta=dict(keypoint_id2name=dict(enumerate(NAMES))))
    checkpoint = dict(state_dict=model.state_dict(), meta=meta)
    cfg = Config(dict(default_scope='mmpose', model=wrapper))
    export_estimator(cfg, checkpoint, str(folder))
    return model.eval()


class Written:
    """A model here, and its ONNX file as somebody else uses it."""

    def __init__(self, name, folder):
        build, self.outputs = ESTIMATORS[name]
        self.model = export(build(), folder)
        self.path = export_onnx(str(folder))
        self.session = onnxruntime.InferenceSession(
            str(self.path), providers=['CPUExecutionProvider']
        )
        meta = self.session.get_modelmeta().custom_metadata_map
        self.meta = {key: json.loads(value) for key, value in meta.items()}

    def feed(self, images):
        """Run the file on BGR images [N, 3, H, W], as its metadata says."""
        if self.meta['color_order'] == 'RGB':
            images = images[:, ::-1]
        mean, std = (
            np.reshape(self.meta[k], (3, 1, 1)).astype(np.float32) for k in ('mean', 'std')
        )
        (image,) = self.session.get_inputs()
        assert image.name == 'input' and image.shape[1:] == [3, *INPUT_SIZE[::-1]]
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, {'input': (images - mean) / std})))

    @torch.no_grad()
    def expect(self, images, data_samples):
        """The same by the teacher."""
        teacher = self.model.teacher.module
        batch = dict(inputs=list(images), data_samples=data_samples)
        batch = self.model.data_preprocessor(batch)
        outputs = teacher(batch['inputs'], None, mode='tensor')
        return outputs if isinstance(outputs, tuple) else (outputs,)


@pytest.fixture(scope='module', params=ESTIMATORS)
def written(request, tmp_path_factory):
    return Written(request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize('batch_size', [1, 3])
def test_computes_the_same(written, batch_size):
    batch = make_batch(batch_size, views=['source'])
    images, samples = batch['inputs']['source'], batch['data_samples']['source']
    found = written.feed(images.numpy().astype(np.float32))
    assert list(found) == written.outputs
    expected = written.expect(images, samples)
    if 'mm_per_px' in found:
        positions, scales, log_errors = expected
        sure = (1 - torch.exp(-0.1 / log_errors.exp())) ** 2
        expected = (positions, sure, scales)
    elif 'keypoints_3d' in found:
        head = written.model.teacher.module.head
        poses = head.distributions(*expected)
        expected = (poses.points(), poses.confidence())
    for output, tensor in zip(found.values(), expected):
        assert len(output) == batch_size
        assert output.std() > 0 or output.size == 1
        limit = 1e-4 * max(1, np.abs(output).max())
        np.testing.assert_allclose(output, tensor.numpy(), rtol=0, atol=limit)


def test_says_how_to_use_it(written):
    assert tuple(written.meta['input_size']) == INPUT_SIZE
    assert written.meta['keypoints'] == NAMES
    decoder = written.model.teacher.module.head.decoder
    assert written.meta['codec']['type'] == type(decoder).__name__
    if written.outputs == ['keypoints_3d', 'scores']:
        ratio = written.model.teacher.module.head.shrinkage.ratio.item()
        assert written.meta['shrinkage'] == ratio != 1


def test_leaves_one_more_file(written):
    names = sorted(path.name for path in written.path.parent.iterdir())
    # a head without distributions has none of these
    names = [name for name in names if name != 'source_statistics.json']
    assert names == ['config.py', 'model.onnx', 'model.pth']


# ---- what does not go ----------------------------------------------------------------


def test_a_wrong_file_is_not_left(tmp_path, monkeypatch):
    export(resnet_estimator(), tmp_path)
    monkeypatch.setattr(onnx_export, 'TOLERANCE', -1.0)
    with pytest.raises(UserError, match='torch compute different `heatmaps`'):
        export_onnx(str(tmp_path))
    assert not list(tmp_path.glob('*onnx*'))


def test_an_operator_that_onnx_lacks(tmp_path, monkeypatch):
    export(resnet_estimator(), tmp_path)
    monkeypatch.setattr(
        HeatmapHead, 'forward', lambda self, feats: torch.linalg.svdvals(feats[-1])
    )
    with pytest.raises(UserError, match='torch cannot write this model as ONNX.*svd'):
        export_onnx(str(tmp_path))
    assert not list(tmp_path.glob('*onnx*'))


def test_a_head_of_another_kind(tmp_path):
    estimator = resnet_estimator('RegressionHead')
    estimator['head'].update(type='RLEHead', loss=dict(type='RLELoss'))
    export(estimator, tmp_path)
    with pytest.raises(UserError, match='no ONNX export of a RLEHead'):
        export_onnx(str(tmp_path))


@pytest.mark.parametrize('package', ['onnx', 'onnxruntime'])
def test_a_package_is_missing(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match='pip install onnx onnxruntime'):
        export_onnx(str(tmp_path))
