"""Clothes and hair of people: regions of the rest pose, their cut and their colours."""

from dataclasses import dataclass

import numpy as np

from .appearance import SKIN, between, cloth_albedo, mottle, skin_tone
from .flesh import Flesh
from .skeleton import without_side

TRUNK, HEAD, ARM, LEG = range(4)
_KINDS = dict(neck=HEAD, shoulder=ARM, elbow=ARM, wrist=ARM, hip=LEG, knee=LEG, ankle=LEG)
_HAIR = np.array([(18, 20, 26), (28, 42, 62), (52, 82, 118), (84, 136, 176)]) / 255
_GREY = np.array([0.66, 0.66, 0.66])


@dataclass
class Outfit:
    """Cut of clothes and hair, in mm of the real template.

    Args:
        sleeve (float): How far the shirt reaches down the arm.
        hem (float): Height of its hem above the hips; negative is below.
        neckline (float): Height of its neckline.
        leg (float): How far the trousers reach down the leg.
        skirt (float): How far a skirt reaches down the legs instead; 0 for none.
        dress (bool): Whether the skirt and the shirt are one.
        barefoot (bool): Whether there are no shoes.
        hat (bool): Whether a hat or cap is worn.
        collar (float): How much deeper the neckline is in front, as a share of the
            distance from the neck's sides.
        print_on (str): What is on the front of the shirt: 'badge', 'opening' or nothing.
        sock (float): How far socks reach above the shoes.
        hair (float): Height of the hair's lower edge above the neck joint.
        hairline (float): Height of the hair's edge above the face, from the same joint.
        beard (bool): Whether there is a beard.
        loose (tuple): How far shirt, trousers and hair stand off the skin.
    """

    sleeve: float
    hem: float
    neckline: float
    leg: float
    hair: float
    hairline: float
    beard: bool
    loose: tuple
    skirt: float = 0.0
    dress: bool = False
    barefoot: bool = False
    hat: bool = False
    collar: float = 0.0
    print_on: str = ''
    sock: float = 0.0


def random_outfit(rng: np.random.Generator, domain: str) -> Outfit:
    """Draw an outfit, with trousers or a skirt; clothes are wider in photographs."""
    shirt, trousers = rng.uniform(*_LOOSE[domain], 2)
    bare, bald, skirt = rng.random(3) < (0.05, 0.06, 0.14)
    return Outfit(
        sleeve=-300 if bare else rng.choice([10, 110, 180, 290, 530], p=_CUTS['sleeve']),
        hem=900 if bare else rng.uniform(-130, 30),
        neckline=rng.uniform(480, 545),
        leg=rng.choice([110, 260, 420, 640, 800], p=_CUTS['leg']) + rng.normal(0, 15),
        hair=rng.choice([75, 40, -40, -130], p=(0.4, 0.2, 0.2, 0.2)),
        hairline=400 if bald else rng.uniform(158, 182),
        beard=rng.random() < 0.15 and not skirt,
        loose=(shirt, trousers, rng.uniform(4, 22)),
        skirt=rng.uniform(160, 620) if skirt and not bare else 0.0,
        dress=rng.random() < 0.5,
        barefoot=rng.random() < 0.12,
        hat=rng.random() < 0.1,
        collar=rng.uniform(0, 1.6),
        print_on=str(rng.choice(('', 'badge', 'opening'), p=(0.5, 0.3, 0.2))),
        sock=rng.choice((0, 60, 230), p=(0.4, 0.4, 0.2)),
    )


_LOOSE = dict(rendered=(2, 20), photo=(3, 30))
_CUTS = dict(sleeve=(0.12, 0.2, 0.25, 0.08, 0.35), leg=(0.1, 0.2, 0.15, 0.1, 0.45))


class Wardrobe:
    """Finds which garment covers a point of the template.

    Args:
        flesh (Flesh): The template's flesh.
    """

    def __init__(self, flesh: Flesh) -> None:
        joints = flesh.skeleton.frame_joints
        self.scale = flesh.scale
        self.kind = np.array([_KINDS.get(without_side(name), TRUNK) for name in joints])
        # Limbs are straight at rest: distance along one is measured from its first joint.
        tops = {ARM: 'shoulder', LEG: 'hip'}
        self._top = np.zeros((len(joints), 3), dtype=np.float32)
        self._axis = self._top.copy()
        for i, (joint, kind) in enumerate(zip(joints, self.kind)):
            if kind in tops:
                top = flesh.index(joint.split('_')[0] + '_' + tops[kind])
                self._top[i] = flesh.origins[top]
                self._axis[i] = -flesh.frames[top][:, 1]
        self._neck = flesh.origins[flesh.index('neck')].astype(np.float32)

    def garments(self, outfit: Outfit, rest: np.ndarray, bone: np.ndarray) -> dict:
        """Which points [P] belong to each garment, to hair, eyes and brows, and to lips.

        Args:
            outfit (Outfit): The cut.
            rest (np.ndarray): Points of the template [P, 3] in drawn mm.
            bone (np.ndarray): Index of the bone that each point follows [P].
        """
        kind = self.kind[bone]
        along = self.scale * np.einsum('pi,pi->p', rest - self._top[bone], self._axis[bone])
        height = self.scale * rest[:, 1]
        x, y, z = (self.scale * (rest - self._neck)).T
        trunk, head, arm, leg = (kind == k for k in (TRUNK, HEAD, ARM, LEG))
        front = trunk & (z > 12)
        deep = outfit.collar * np.clip(75 - np.abs(x), 0, None) * front
        shirt = (trunk & (height < outfit.neckline - deep)) | leg
        shirt = (shirt & (height > outfit.hem)) | (arm & (along < outfit.sleeve))
        below = (height < 60) & ~shirt
        skirt = (trunk | (leg & (along < outfit.skirt))) & below & (outfit.skirt > 0)
        trousers = (trunk | (leg & (along < outfit.leg))) & below & (outfit.skirt == 0)
        upper = np.where(z > 5, outfit.hairline - 75 + 1.1 * (z - 5), outfit.hair)
        hair = head & (y > np.minimum(upper, outfit.hairline)) & (y > outfit.hair)
        hair &= outfit.hairline < 300
        # Long hair falls over neck and shoulders, behind.
        hair |= (trunk & (y > outfit.hair) & (z < -28) & (np.abs(x) < 95)) & (
            outfit.hairline < 300
        )
        if outfit.beard:
            hair |= head & (y < 52) & (z > 20)
        face = head & (z > 50) & ~hair
        eyes = ((np.abs(x) - 33) / 15) ** 2 + ((y - 108) / 10) ** 2 < 1
        brows = ((np.abs(x) - 34) / 20) ** 2 + ((y - 130) / 6) ** 2 < 1
        wide, low = (70, 310) if outfit.print_on == 'badge' else (22, -200)
        printed = front & (np.abs(x) < wide) & (height > low) & (height < 430)
        shoes = leg & (along > 815) & (not outfit.barefoot)
        hat = head & (y > outfit.hairline - 22) & (y > 118) & outfit.hat
        return dict(
            shirt=(shirt | (skirt & outfit.dress)) & ~hair,
            trousers=trousers,
            skirt=skirt,
            badge=printed & shirt & (outfit.print_on != ''),
            sock=leg & (along > max(815 - outfit.sock, outfit.leg)) & ~shoes,
            shoes=shoes,
            sole=shoes & (along > 898),
            hat=hat,
            hair=(hair & ~hat) | (face & (eyes | brows)),
            lips=face & ((x / 28) ** 2 + ((y - 42) / 9) ** 2 < 1),
        )

    def widen(
        self, rng: np.random.Generator, outfit: Outfit, garments: dict, vertices: np.ndarray
    ) -> np.ndarray:
        """How far cloth and hair stand off the skin [V] in drawn mm, with folds."""
        wave = rng.normal(0, 0.35, 3)
        folds = 1 + 0.35 * np.sin(vertices @ wave + rng.uniform(0, 6))
        out = np.zeros(len(vertices))
        for name, loose in zip(('shirt', 'trousers', 'hair'), outfit.loose):
            out[garments[name]] = loose / self.scale
        out[garments['hat']] = rng.uniform(10, 30) / self.scale
        # A skirt widens downwards, which closes the gap between the legs.
        height = self.scale * vertices[garments['skirt'], 1]
        slope = rng.uniform(0.1, 0.3)
        out[garments['skirt']] = (25 + slope * np.clip(60 - height, 0, 420)) / self.scale
        return out * np.where(garments['skirt'], folds**0.4, folds)


def colours(
    rng: np.random.Generator, domain: str, garments: dict, local: np.ndarray
) -> tuple:
    """Albedo [P, 3] and gloss [P] of skin, hair and cloth at points [P, 4].

    Mostly plain and clean in renders, more patterns and creases in photographs.
    """
    photo = domain == 'photo'
    skin = skin_tone(rng, rng.uniform(0, len(SKIN) - 1.001))
    albedo = np.empty((len(local), 3), dtype=np.float32)
    albedo[:] = skin
    gloss = np.full(len(local), 0.1, dtype=np.float32)
    # Mostly dark, so that hair is not mistaken for skin, or the back of a head for a face.
    hair = between(_HAIR, rng.beta(1.0, 1.8) * (len(_HAIR) - 1.001))
    if rng.random() < 0.1:
        hair = _GREY * rng.uniform(0.6, 1.1)
    albedo[garments['lips']] = skin * (0.55, 0.55, 0.8)
    # later garments lie over earlier ones
    for name in ('trousers', 'skirt', 'shirt', 'badge', 'sock', 'shoes', 'sole', 'hat'):
        here = garments[name]
        albedo[here] = cloth_albedo(rng, local[here], (2.0, 9.0), (0.9, 0.75)[photo])
        if rng.random() < 0.3:  # black, white and grey are common
            albedo[here] = albedo[here].mean(axis=1, keepdims=True) ** rng.choice((0.3, 2))
        gloss[here] = 0.0
    albedo[garments['hair']] = hair
    if photo:
        # Creases and wear.
        albedo *= 1 + rng.uniform(0.03, 0.14) * mottle(rng, 2.0 * local[:, :3])[:, None]
    return albedo, gloss
