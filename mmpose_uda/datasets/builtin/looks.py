"""The two kinds of domain: clean renders, and photographs.

A look decides on camera, framing, dress, light and everything that is put into the
picture beside the body. It knows no particular body.
"""
import cv2
import numpy as np

from .backgrounds import (cluttered_background, load_photos, paint,
                          plain_background)
from .camera import Camera
from .objects import random_object
from .skinned_mesh import unit
from .surface import Light, Surface, lit

# Skin (BGR, reflectance of red, green and blue as seen in daylight), light to dark.
SKIN = np.array([(168, 188, 230), (146, 172, 226), (118, 150, 208), (92, 124, 184),
                 (66, 92, 148), (48, 66, 108)]) / 255


class RenderedLook:
    """Synthetic pictures: one soft light, plain backgrounds, nothing in the way."""
    name = 'rendered'
    supersampling = 1.5

    def __init__(self, split: str) -> None:
        pass

    def camera(self, rng, size):
        """A camera that looks at the middle of the picture."""
        return Camera(size * rng.uniform(1.8, 2.4), np.full(2, .5 * (size - 1)))

    def framing(self, rng, size):
        """Extent, centre and margin of the joints in px."""
        return (size * rng.uniform(.58, .78),
                .5 * (size - 1) + size * rng.normal(0, .03, 2), .045 * size)

    def dress(self, rng, posed):
        """Nothing: bare skin."""
        return np.inf

    def objects(self, rng, posed, shift, joints):
        """Nothing."""
        return []

    def picture(self, rng, surface: Surface, parts, marks, sleeve, size):
        """The picture [size, size, 3] float32 in 0..1 (BGR)."""
        skin = skin_tone(rng, rng.uniform(.2, 3.5))
        albedo, gloss = skin_albedo(skin, marks, .55)
        light = Light(unit(np.array([rng.uniform(-.7, .7), rng.uniform(-.9, -.2),
                                     -1.])),
                      np.full(3, rng.uniform(.5, .7)),
                      np.full(3, rng.uniform(.38, .48)),
                      np.full(3, rng.uniform(.25, .35)))
        colours = light.shade(surface, albedo, .5 * gloss, 1.)
        return compose(plain_background(rng, size), surface, colours, size)


class PhotoLook:
    """Photographs: clutter, sleeves, objects, hard light and a real camera's faults."""
    name = 'photo'
    supersampling = 1.5

    def __init__(self, split: str) -> None:
        self.photos = load_photos(split)

    def camera(self, rng, size):
        """Wide to tele lenses; pictures are often cut out of larger ones."""
        focal = size * np.exp(rng.uniform(np.log(1.1), np.log(4.5)))
        return Camera(focal, .5 * (size - 1) + size * rng.normal(0, .15, 2))

    def framing(self, rng, size):
        """Extent, centre and margin of the joints in px."""
        return (size * rng.uniform(.42, .8),
                .5 * (size - 1) + size * rng.normal(0, .1, 2), .035 * size)

    def dress(self, rng, posed):
        """Put on a sleeve: widens the limb and returns where it starts (mm)."""
        if rng.random() < .4:
            return np.inf
        start = rng.uniform(14, 90)
        width = rng.uniform(3, 11)
        folds = 1 + .25 * np.sin(posed.limb * rng.uniform(.15, .4)
                                 + rng.uniform(0, 6) + posed.normals[:, 0])
        grow = np.clip((posed.limb - start) / 5, 0, 1) * width * folds
        posed.vertices += posed.normals * grow[:, None]
        return start

    def objects(self, rng, posed, shift, joints):
        """Held things, and things between the camera and the body."""
        found = []
        if rng.random() < .25:
            axes = posed.grip_axes @ small_rotation(rng, .35)
            centre = posed.grip + shift + rng.normal(0, 6, 3)
            found.append(random_object(rng, centre, axes, ('ball', 'can', 'box', 'pen')))
        if rng.random() < .28:
            kinds = ('ball', 'box', 'can', 'pen', 'pen')
            # Something that hides most of the body is put elsewhere.
            for _ in range(8):
                centre = joints[rng.integers(len(joints))] * rng.uniform(.72, .88)
                angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(5, 40)
                centre[:2] += away * np.array([np.cos(angle), np.sin(angle)])
                thing = random_object(rng, centre, small_rotation(rng, 2.), kinds)
                if covered(thing, joints) < .4:
                    found.append(thing)
                    break
        return found

    def picture(self, rng, surface: Surface, parts, marks, sleeve, size):
        """The picture [size, size, 3] float32 in 0..1 (BGR)."""
        skin = skin_tone(rng, rng.uniform(0, len(SKIN) - 1.001))
        albedo, gloss = skin_albedo(skin, marks, rng.uniform(.4, 1.3))
        albedo *= 1 + rng.uniform(.02, .09) * mottle(rng, surface.local[:, :3])[:, None]
        body = surface.part == 0
        cloth = body & (surface.local[:, 3] > sleeve)
        albedo[cloth] = cloth_albedo(rng, surface.local[cloth])
        gloss[cloth] = 0
        for i in range(1, len(parts)):
            here = surface.part == i
            albedo[here] = object_albedo(rng, surface.local[here])
            gloss[here] = rng.uniform(0, .5)
        light, softness = photo_light(rng)
        shadow = lit(parts, surface, light.to_light, softness)
        colours = light.shade(surface, albedo, gloss * rng.uniform(.1, 1.), shadow)
        background = cluttered_background(rng, self.photos, size)
        background *= (light.above.mean() + light.colour.mean()) * np.float32(.75)
        background = cast_shadow(rng, background, surface, light, size)
        image = compose(background, surface, colours, size)
        return develop(rng, image, size)


def skin_tone(rng, tone):
    """Colour [3] between two of SKIN, a little more red or yellow, or paler."""
    low = int(tone)
    skin = SKIN[low] + (tone - low) * (SKIN[low + 1] - SKIN[low])
    return skin * np.exp(rng.normal(0, .07) + rng.normal(0, .025, 3))


def skin_albedo(skin, marks, strength):
    """Colours [P, 3] and gloss [P] of skin with nails, flushed places and creases."""
    nail = min(1.3 * strength, .9) * marks['nail']
    shade = (1 - .22 * strength * marks['crease']) * (1 - nail)
    channels = [
        shade * (tone - tone * loss * strength * marks['flush'])
        + nail * (.45 * plate + .65 * tone)
        for tone, loss, plate in zip(skin.tolist(), (.15, .16, .02), (.72, .76, .95))]
    return np.stack(channels, axis=1), .12 + .35 * marks['nail']


def mottle(rng, rest):
    """Uneven skin: noise [P] about 0 with spots of 5 to 20 mm."""
    out = 0.
    for _ in range(4):
        wave = rng.normal(0, 1, 3) * rng.uniform(.1, .45)
        out = out + np.sin(rest @ wave.astype(np.float32)
                           + np.float32(rng.uniform(0, 2 * np.pi)))
    return .5 * out


def cloth_albedo(rng, rest):
    """Plain, striped or chequered cloth [P, 3]."""
    first, second = paint(rng), paint(rng)
    kind = rng.choice(3, p=[.55, .25, .2])
    width = rng.uniform(5, 14)
    stripes = (rest[:, 1] // width) % 2
    if kind == 2:
        stripes = .5 * stripes + .5 * ((rest[:, 0] // width) % 2)
    share = np.zeros_like(stripes) if kind == 0 else stripes
    return first + share[:, None] * (second - first)


def object_albedo(rng, local):
    """Plain, banded or spotted paint [P, 3]."""
    first, second = paint(rng), paint(rng)
    kind = rng.choice(3, p=[.5, .3, .2])
    width = rng.uniform(4, 20)
    if kind == 0:
        share = np.zeros(len(local), dtype=np.float32)
    elif kind == 1:
        share = (local[:, 0] // width) % 2
    else:
        share = (np.sin(local[:, :3] * 3 / width).prod(axis=1) > .1).astype(np.float32)
    return first + share[:, None] * (second - first)


def photo_light(rng):
    """Sun or lamp from anywhere before the picture, with its edge softness in px."""
    to_light = unit(np.array([rng.uniform(-1.2, 1.2), rng.uniform(-1.3, .4), -.8]))
    warmth = rng.normal(0, .09)
    colour = np.array([1 - warmth, 1., 1 + warmth])
    hard = rng.random()
    dome = rng.uniform(.55, 1.) * (1 - .6 * hard)
    tint = np.exp(rng.normal(0, .07, 3))
    light = Light(to_light, colour * (.35 + .75 * hard), dome * tint,
                  dome * tint[::-1] * rng.uniform(.35, .9), wrap=.25 - .2 * hard)
    return light, int(rng.integers(1, 4))


def cast_shadow(rng, background, surface, light, size):
    """Darken the background where the body's shadow falls, if it is near."""
    if rng.random() < .55:
        return background
    alpha = cv2.resize(surface.image(np.ones(len(surface.part), dtype=np.float32)),
                       (size, size), interpolation=cv2.INTER_AREA)
    offset = -light.to_light[:2] * size * rng.uniform(.05, .22)
    moved = cv2.warpAffine(alpha, np.array([[1, 0, offset[0]], [0, 1, offset[1]]]),
                           (size, size))
    moved = cv2.GaussianBlur(moved, (0, 0), size * rng.uniform(.008, .035))
    return background * (1 - rng.uniform(.3, .65) * moved[..., None])


def compose(background, surface, colours, size):
    """Lay the shaded surface over a background, with soft edges."""
    alpha = surface.image(np.ones(len(surface.part), dtype=np.float32))
    front = surface.image(colours)
    alpha = cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA)
    front = cv2.resize(front, (size, size), interpolation=cv2.INTER_AREA)
    return background * (1 - alpha[..., None]) + front


def develop(rng, image, size):
    """What a camera does: exposure, blur, noise, JPEG."""
    exposure = np.exp(rng.normal(0, .18) + rng.normal(0, .05, 3))
    image = image * exposure.astype(np.float32)
    scale = size / 128
    if rng.random() < .6:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(.3, 1.1) * scale)
    if rng.random() < .15:
        length = int(rng.integers(3, 6) * scale)
        kernel = np.zeros((length, length), dtype=np.float32)
        kernel[length // 2] = 1 / length
        turn = cv2.getRotationMatrix2D(
            ((length - 1) / 2, (length - 1) / 2), rng.uniform(0, 180), 1)
        kernel = cv2.warpAffine(kernel, turn, (length, length))
        image = cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1e-3))
    # A soft shoulder instead of hard clipping, then contrast.
    image = np.clip(image, 0, 1.6)
    over = np.clip(image - .75, 0, None)
    image = image - over * over / 1.7
    image = cv2.pow(image, rng.uniform(.8, 1.25))
    grain = rng.standard_normal(image.shape, dtype=np.float32)
    image += grain * (rng.uniform(.002, .018)
                             + rng.uniform(0, .02) * cv2.sqrt(image))
    coded = cv2.imencode('.jpg', to_bytes(image),
                         [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])[1]
    return cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.float32) / 255


def covered(thing, joints):
    """Share of joints [K, 3] behind the box about an object, seen from the camera."""
    outline = thing.vertices[:, :2] / thing.vertices[:, 2:]
    seen = joints[:, :2] / joints[:, 2:]
    inside = (seen > outline.min(axis=0)) & (seen < outline.max(axis=0))
    return inside.all(axis=1).mean()


def small_rotation(rng, amount):
    """Rotation [3, 3] by about `amount` rad about a random axis."""
    return cv2.Rodrigues(rng.normal(0, amount / np.sqrt(3), 3))[0]


def to_bytes(image):
    """Image in 0..1 to uint8."""
    return (np.clip(image, 0, 1) * 255 + .5).astype(np.uint8)


LOOKS = dict(rendered=RenderedLook, photo=PhotoLook)
