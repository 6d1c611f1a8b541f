"""People: sides, sizes, hair and clothes."""

import numpy as np
import pytest

from mmpose_uda.synthetic.human import human_body
from mmpose_uda.synthetic.human_clothes import Outfit, Wardrobe, random_outfit


def test_a_person_that_faces_the_camera_has_its_left_on_the_right():
    body, right_sides = human_body(), []
    for domain in ('rendered', 'photo'):
        for i in range(120):
            posed = body.sample(np.random.default_rng(i), domain)
            joints = dict(zip(body.joint_names, posed.joints))
            right_sides.append(joints['left_shoulder'][0] > joints['right_shoulder'][0])
            assert np.linalg.det(posed.view) == pytest.approx(1)  # never mirrored
    assert np.mean(right_sides) > 0.85


def test_people_are_upright_and_of_human_size():
    body, lengths = human_body(), []
    for i in range(100):
        posed = body.sample(np.random.default_rng(i), 'rendered')
        joints = dict(zip(body.joint_names, posed.joints * body.scale))
        lengths.append(
            np.linalg.norm(joints['left_hip'] - joints['left_knee'])
            + np.linalg.norm(joints['left_knee'] - joints['left_ankle'])
        )
    assert 780 < np.mean(lengths) < 900
    assert 30 < np.std(lengths) < 90


def test_clothes_and_hair_are_where_they_belong():
    body = human_body()
    outfit = Outfit(
        sleeve=180,
        hem=0,
        neckline=500,
        leg=420,
        hair=40,
        hairline=165,
        beard=False,
        loose=(5, 5, 10),
    )
    rest, bone = body.mesh.vertices, body.mesh.nearest_bone
    garments = Wardrobe(body.flesh).garments(outfit, rest, bone)
    place = dict(zip(body.bones.joints, body.flesh.origins))

    def worn(point):
        nearest = np.linalg.norm(rest - point, axis=1).argmin()
        return {name for name, here in garments.items() if here[nearest]}

    forward = np.array([0, 0, 12.0])
    head = 0.5 * (place['neck'] + place['head_top'])
    assert worn(place['nose']) == set() and worn(head - forward) == {'hair'}
    assert worn(place['spine'] + forward) == worn(place['spine'] - forward) == {'shirt'}
    for side in ('left', 'right'):
        assert worn(place[f'{side}_wrist']) == set()
        assert worn(place[f'{side}_shoulder']) == {'shirt'}
        assert worn(0.5 * (place[f'{side}_hip'] + place[f'{side}_knee'])) == {'trousers'}
        assert worn(0.5 * (place[f'{side}_knee'] + place[f'{side}_ankle'])) == set()
        assert worn(place[f'{side}_ankle'] + (0, -5, 10)) == {'shoes'}
    both = garments['shirt'] & garments['trousers']
    assert not both.any()


def test_clothes_are_wider_in_photographs():
    def loose(domain):
        rngs = map(np.random.default_rng, range(60))
        return np.mean([random_outfit(rng, domain).loose[:2] for rng in rngs])

    assert loose('photo') > 2 * loose('rendered')
