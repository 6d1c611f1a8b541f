"""Camera, rasteriser, light and labels of single pictures."""

import numpy as np
import pytest

from mmpose_uda.analysis.picture_statistics import PictureStatistics
from mmpose_uda.synthetic.backgrounds import PHOTOS, load_photos, plain_background
from mmpose_uda.synthetic.camera import Camera, place
from mmpose_uda.synthetic.hand import hand_body
from mmpose_uda.synthetic.lighting import lit, studio_light
from mmpose_uda.synthetic.looks import LOOKS
from mmpose_uda.synthetic.objects import superquadric
from mmpose_uda.synthetic.rasterizer import rasterize
from mmpose_uda.synthetic.sample import make_sample
from mmpose_uda.synthetic.surface import Part, render


def slow_rasterize(uv, depth, faces, size):
    """Nearest front face of each pixel, one pixel and one face after the other."""
    out = np.full((size, size), -1)
    for y in range(size):
        for x in range(size):
            best = np.inf
            for index, face in enumerate(faces):
                a, b, c = uv[face]
                sides = [
                    (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
                    for p, q in ((a, b), (b, c), (c, a))
                ]
                if max(sides) <= 0 and depth[face].mean() < best:
                    best, out[y, x] = depth[face].mean(), index
    return out


def ball(centre, radius):
    vertices, normals, faces = superquadric([radius] * 3, 1.0, 1.0)
    vertices = vertices + np.float32(centre)
    local = np.zeros((len(vertices), 4), np.float32)
    return Part(vertices, normals.astype(np.float32), faces, local)


def test_rasterizer_equals_slow_loop():
    rng = np.random.default_rng(0)
    uv = rng.uniform(-4, 20, (40, 2)) + 0.01
    depth = rng.uniform(300, 600, 40)
    faces = rng.integers(0, 40, (30, 3))
    wanted = slow_rasterize(uv, depth, faces, 16)
    fragments = rasterize(uv, depth, faces, 16)
    found = np.full(16 * 16, -1)
    found[fragments.index] = fragments.face
    assert (wanted >= 0).sum() > 60
    np.testing.assert_array_equal(found.reshape(16, 16), wanted)
    # barycentric weights give back the pixel
    x = fragments.interpolate(uv, faces)
    pixels = np.stack([fragments.index % 16, fragments.index // 16], axis=1)
    np.testing.assert_allclose(x, pixels, atol=1e-3)


def test_nearer_ball_hides_the_farther():
    camera = Camera(100.0, np.array([31.5, 31.5]))
    parts = [ball((0, 0, 500), 60), ball((0, 0, 400), 30)]
    surface = render(parts, camera, 64)
    part = surface.image(surface.part + 1.0)
    assert part[32, 32] == 2 and part[32, 42] == 1 and part[2, 2] == 0
    depth = surface.image(surface.points[:, 2])
    assert depth[32, 32] == pytest.approx(370, abs=3)
    normal = surface.image(surface.normals)[32, 32]
    assert normal @ [0, 0, -1] > 0.98


def test_shadow_falls_on_the_side_away_from_the_light():
    camera = Camera(100.0, np.array([31.5, 31.5]))
    parts = [ball((0, 0, 500), 60), ball((-45, 0, 380), 25)]
    surface = render(parts, camera, 64)
    light = np.array([-0.6, 0.0, -0.8])
    free = surface.image(lit(parts, surface, light, 1))
    # the small ball is between the lamp on the left and the large one's middle
    assert free[32, 32] < 0.2
    assert free[21, 31] > 0.8


def test_enlarged_camera_sees_the_same_picture():
    camera = Camera(200.0, np.array([60.0, 65.0]))
    points = np.array([[10.0, -20.0, 400.0]])
    small, large = camera.project(points), camera.enlarged(1.5).project(points)
    np.testing.assert_allclose((small + 0.5) * 1.5, large + 0.5)


@pytest.mark.parametrize('domain', ['rendered', 'photo'])
def test_joints_are_placed_inside_the_picture(domain):
    body, look = hand_body(), LOOKS[domain]('test')
    for i in range(60):
        rng = np.random.default_rng(i)
        camera = look.camera(rng, 128)
        joints = body.sample(rng, domain).joints
        extent, centre, margin = look.framing(rng, 128)
        shift = place(joints, body.joint_radii, camera, extent, centre, margin, 128)
        uv = camera.project(joints + shift)
        assert uv.min() > margin and uv.max() < 127 - margin
        assert (uv.max(0) - uv.min(0)).max() < 1.05 * extent


@pytest.mark.parametrize('domain', ['rendered', 'photo'])
def test_labels_of_pictures(domain):
    body, look = hand_body(), LOOKS[domain]('test')
    hidden = 0
    for i in range(12):
        sample = make_sample(np.random.default_rng(i), body, look, 96)
        camera = sample.camera
        for joint, keypoint in zip(sample.keypoints_3d, sample.keypoints):
            u = camera.focal * joint[0] / joint[2] + camera.centre[0]
            v = camera.focal * joint[1] / joint[2] + camera.centre[1]
            assert np.hypot(*(keypoint - (u, v))) < 1e-9
        for (u, v), seen in zip(sample.keypoints, sample.visible):
            assert not seen or sample.mask[int(round(v)), int(round(u))] == 255
        hidden += (~sample.visible).sum()
        x, y, w, h = sample.bbox
        assert (sample.keypoints >= (x, y)).all()
        assert (sample.keypoints <= (x + w, y + h)).all()
        assert x >= 0 and y >= 0 and x + w <= 95 and y + h <= 95
        assert set(np.unique(sample.mask)) == {0, 255}
        assert sample.image.dtype == np.uint8 and sample.image.shape == (96, 96, 3)
    assert hidden > 20  # hands hide parts of themselves


def test_occluders_take_keypoints_and_mask(monkeypatch):
    """A ball before the wrist hides it and is not foreground."""
    body, look = hand_body(), LOOKS['rendered']('train')
    bare = make_sample(np.random.default_rng(5), body, look, 96)

    def objects(rng, posed, joints, ground):
        return [ball(joints[0] * 0.8, 25)]

    monkeypatch.setattr(look, 'objects', objects)
    sample = make_sample(np.random.default_rng(5), body, look, 96)
    u, v = np.rint(sample.keypoints[0]).astype(int)
    assert sample.mask[v, u] == 0 and not sample.visible[0]
    assert bare.mask[v, u] == 255
    assert sample.mask.sum() < bare.mask.sum()


def test_photographs_have_more_objects_than_renders():
    body, shares = hand_body(), []
    for domain in ('rendered', 'photo'):
        look, found = LOOKS[domain]('train'), 0
        for i in range(150):
            rng = np.random.default_rng(i)
            posed = body.sample(rng, domain)
            joints = posed.joints + np.array([0, 0, 500.0])
            found += bool(look.objects(rng, posed, joints, ground=None))
        shares.append(found / 150)
    assert 0.1 < shares[0] < 0.3 < shares[1] < 0.6


def test_photographs_are_sharper_and_noisier_than_renders():
    """In version 6 of the generator edges were by 1.10 times as high."""
    body, found = hand_body(), []
    for domain in ('rendered', 'photo'):
        look = LOOKS[domain]('train')
        pictures = [
            make_sample(np.random.default_rng(i), body, look, 128).image for i in range(40)
        ]
        whole = np.ones((128, 128), bool)
        measured = [PictureStatistics.of(picture, whole) for picture in pictures]
        found.append(np.median([(one.edges, one.noise) for one in measured], axis=0))
    (render_edges, render_noise), (edges, noise) = found
    assert edges > 1.2 * render_edges
    assert render_noise < noise < 2


def test_large_pictures_can_be_made():
    look = LOOKS['photo']('train')
    sample = make_sample(np.random.default_rng(1), hand_body(), look, 320)
    assert sample.image.shape == (320, 320, 3)


def test_training_and_test_share_no_photograph():
    assert not set(PHOTOS['train']) & set(PHOTOS['test'])
    for train in load_photos('train'):
        for test in load_photos('test'):
            assert train.shape != test.shape or (train != test).any()
    # two pictures of one scene
    pair = {'motorcycle_left.png', 'motorcycle_right.png'}
    assert any(pair <= set(names) for names in PHOTOS.values())


def test_plain_backgrounds_are_mostly_muted():
    rng = np.random.default_rng(0)
    colours = np.array([plain_background(rng, 32).mean(axis=(0, 1)) for _ in range(300)])
    assert np.isfinite(colours).all() and colours.min() >= 0 and colours.max() < 1.2
    saturation = np.ptp(colours, axis=1) / colours.max(axis=1)
    assert np.mean(saturation < 0.35) > 0.5
    assert np.mean(saturation > 0.5) > 0.05


def test_studio_light_comes_from_all_sides_of_the_camera():
    lights = [studio_light(np.random.default_rng(i))[0] for i in range(200)]
    x, y, z = np.array([light.to_light for light in lights]).T
    assert np.mean(x > 0.3) > 0.2 and np.mean(x < -0.3) > 0.2
    assert np.mean(y < -0.3) > 0.2 and np.mean(y > 0.1) > 0.1  # the y axis points down
    assert z.max() < 0
    # a white surface that faces the lamp is bright and not burnt out
    full = [(light.colour + light.above).mean() for light in lights]
    assert 0.9 < min(full) and max(full) < 1.35


def test_rendered_cameras_differ_in_focal_length():
    look = LOOKS['rendered']('train')
    focal = [look.camera(np.random.default_rng(i), 128).focal / 128 for i in range(100)]
    assert min(focal) < 1.6 and max(focal) > 3.5
