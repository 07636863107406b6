"""Values as other libraries' loaders have them, and what to write here instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from imagepipe_rs._arguments import WORDS
from imagepipe_rs._names import short
from imagepipe_rs.augment import POLICIES, WAYS

Given = Mapping[str, Any]
Answer = str | Callable[[Any, Given], str]
"""What to say of an argument; a function says it of its value and the arguments beside it."""


def habit(name: str, value: Any) -> str | None:
    """Return what to write for another library's value of an argument with the same name."""
    if name == "labels" and _is_numbers(value):
        return "path= of a CSV with the columns filename and class"
    if name in _BY_VALUE:
        return _BY_VALUE[name](value)
    here = _HERE.get(name, {})
    if isinstance(value, bool) or (isinstance(value, str) and value in WORDS.get(name, ())):
        return None
    if isinstance(value, str | int) and value in here:
        return here[value]
    if name not in _OBJECTS:
        return None
    word = _last_word(value).lower()
    return f"{name}={word!r}" if word in WORDS[name] else here.get(word)


def on_device(value: Any, _given: Given) -> str:
    """Return the device of a number, as DALI has it: None is the CPU."""
    if value is None:
        return "device='cpu'"
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return f"device='cuda:{value}'" if is_number else "device='cuda:N' or 'cpu'"


def _last_word(value: Any) -> str:
    """Return the last word of a name: of numpy.float32, InterpolationMode.BICUBIC, "BICUBIC"."""
    own = getattr(value, "__name__", None) or getattr(value, "name", None) or str(value)
    words = re.findall(r"\w+", str(own))
    return words[-1] if words else ""


def _is_numbers(value: Any) -> bool:
    if not isinstance(value, list | tuple) and getattr(value, "ndim", 0) != 1:
        return False
    first = next(iter(value), "")
    return not isinstance(first, str)


def _side(value: Any) -> str | None:
    """Return what to write for a ``split`` that is a word, a number, or an unknown side."""
    if isinstance(value, str):
        return split(None, {"subset": value})
    if isinstance(value, float):
        return split(None, {"validation_split": value})
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004
        return None
    side, fraction = value
    if not isinstance(side, str) or side in WORDS["split"]:
        return None
    return split(None, {"subset": side, "validation_split": fraction})


def same_as(name: str, why: str = "") -> Answer:
    """Answer with the same value under its name here."""
    note = f" ({why})" if why else ""
    return lambda value, _given: f"{name}={short(value)}{note}"


def one_of(name: str, otherwise: str) -> Answer:
    """Answer with another library's word for a value of an argument, or with ``otherwise``."""

    def say(value: Any, _given: Given) -> str:
        if isinstance(value, str) and value in WORDS[name]:
            return f"{name}={value!r}"
        return _found(_HERE[name], value, otherwise)

    return say


def either(true: str, false: str) -> Answer:
    """Answer a flag; anything but False counts as True."""
    return lambda value, _given: _found({False: false}, value, true)


def _found(choices: Mapping[Any, str], value: Any, otherwise: str) -> str:
    try:
        return choices.get(value, otherwise)
    except TypeError:  # not hashable
        return otherwise


def size(value: Any, _given: Given) -> str:
    """Translate sizes; those of three numbers have channels, first or last."""
    if isinstance(value, str):
        return "size=(height, width), or one number for both"
    if isinstance(value, list | tuple) and len(value) == 3:  # noqa: PLR2004
        value = tuple(value[:2] if value[2] in {1, 3} else value[1:])
    same = isinstance(value, list | tuple) and len(value) == 2 and value[0] == value[1]  # noqa: PLR2004
    return f"size={value[0] if same else value!r}"


def split(_value: Any, given: Given) -> str:
    fraction = given.get("validation_split", 0.2)
    if not isinstance(fraction, float) or not 0 < fraction < 1:
        fraction = 0.2
    side = _SIDES.get(str(given.get("subset")))
    if side:
        return f"split=({side!r}, {fraction})"
    return f"split=('train', {fraction}) and split=('validation', {fraction}), in a Loader for each"


def shard(_value: Any, given: Given) -> str:
    rank = _first(given, ("shard_id", "part_index", "rank"), "rank")
    world = _first(given, ("num_shards", "num_parts", "num_replicas", "world_size"), "world_size")
    return f"shard=({rank}, {world}), or shard='auto' for what launched the process"


def _first(given: Given, names: tuple[str, ...], otherwise: str) -> Any:
    return next((given[name] for name in names if name in given), otherwise)


def threads(value: Any, _given: Given) -> str:
    why = "threads, not processes; one per usable core if left out"
    # 0 and -1 are "none" and "you choose" elsewhere.
    wanted = isinstance(value, int) and value > 0
    return f"workers={value} ({why})" if wanted else f"leave it out, or workers= ({why})"


def prefetch(value: Any, _given: Given) -> str:
    return f"prefetch={value if isinstance(value, int) else 2} (batches)"


def resized(_value: Any, given: Given) -> str:
    width, height = given.get("resize_x", "width"), given.get("resize_y", "height")
    return f"size=({height}, {width})"


def policy(value: Any, _given: Given) -> str:
    return _POLICIES.get(_last_word(value), "last_batch='keep', 'drop' or 'pad'")


def augment(value: Any, given: Given) -> str:
    """Translate a policy, which may also be named by the argument."""
    words = [value, *(name for name in given if name != "augment")]
    found = (_POLICY_WORDS.get(_letters(word)) or _of_timm(word) for word in words)
    return next(
        filter(None, found), "augment='randaugment', 'trivial_wide', 'autoaugment' or 'augmix'"
    )


def mixing(_value: Any, given: Given) -> str:
    """Translate the strengths of mixing, which timm has as two arguments."""

    def way(name: str, kind: str) -> str | None:
        alpha = given.get(f"{name}_alpha", given.get(name))
        if isinstance(alpha, bool) or not isinstance(alpha, int | float):
            return f"'{name}'" if alpha else None
        return f"{kind}({alpha})" if alpha > 0 else None

    ways = [one for one in (way("mixup", "MixUp"), way("cutmix", "CutMix")) if one]
    if not ways:
        return "mix='mixup', 'cutmix' or ('mixup', 'cutmix')"
    return f"mix={ways[0]}" if len(ways) == 1 else f"mix=({', '.join(ways)})"


def _policy(value: Any) -> str | None:
    """Return what to write for another library's policy: an object, or a word."""
    if isinstance(value, str):
        here = _POLICY_WORDS.get(_letters(value)) or _of_timm(value)
        return None if value in POLICIES else here
    return None if type(value) in POLICIES.values() else _POLICY_WORDS.get(_letters(type(value)))


def _way(value: Any) -> str | None:
    """Return what to write for another library's way of mixing."""
    if type(value) in WAYS.values() or (isinstance(value, str) and value in WAYS):
        return None
    word = _letters(value if isinstance(value, str) else type(value))
    return f"mix={word!r}" if word in WAYS else None


def _letters(value: Any) -> str:
    """Return the letters of a name, small."""
    text = value if isinstance(value, str) else getattr(value, "__name__", "")
    return "".join(re.findall("[a-z]", text.lower()))


def _of_timm(value: Any) -> str | None:
    """Translate timm's ``rand-m9-n3-mstd0.5``: of its parts, magnitude and number."""
    if not isinstance(value, str) or not value.startswith(("rand-", "randaug-")):
        return None
    parts = dict(re.findall(r"-(m|n)(\d+)(?=-|$)", value))
    # timm's magnitudes go to 10, torchvision's to 30.
    magnitude, count = 3 * int(parts.get("m", 3)), int(parts.get("n", 2))
    return f"augment=RandAugment(num_ops={count}, magnitude={min(magnitude, 30)})"


def sampler(value: Any, _given: Given) -> str:
    otherwise = "shuffle=, sampling=, weights= and shard= say what is drawn"
    return _SAMPLERS.get(type(value).__name__, otherwise)


_SAMPLERS = {
    "DistributedSampler": "shard='auto'",
    "WeightedRandomSampler": "weights= (one per sample, or per class; endless)",
    "RandomSampler": "shuffle=True, the default",
    "SequentialSampler": "shuffle=False",
}

_POLICY_WORDS = {
    **dict.fromkeys(("ra", "randaug", "randaugment", "rand"), "augment='randaugment'"),
    **dict.fromkeys(("tawide", "trivialaugmentwide", "trivialaugment"), "augment='trivial_wide'"),
    **dict.fromkeys(("trivial", "ta", "trivialwide"), "augment='trivial_wide'"),
    **dict.fromkeys(("aa", "autoaugment", "imagenet", "original", "v"), "augment='autoaugment'"),
    **dict.fromkeys(("augmix", "augmentandmix"), "augment='augmix'"),
}

_POLICIES = {
    "FILL": "last_batch='pad'",
    "DROP": "last_batch='drop'",
    "PARTIAL": "last_batch='keep'",
}

_SIDES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}

# What says what to write for any value of an argument.
_BY_VALUE = {"split": _side, "augment": _policy, "mix": _way}

# Arguments that other libraries have objects for.
_OBJECTS = {"dtype", "interpolation", "layout"}

_NO_ALPHA = "channels='RGB': there is no alpha channel"

# Other libraries' words for the values of arguments.
_HERE: dict[str, dict[Any, str]] = {
    "labels": {
        "inferred": "labels='int'",
        "sparse": "labels='int'",
        "binary": "labels='int' (0 and 1, int64)",
        "categorical": "labels='one_hot'",
        "input": "labels=None",
        None: "labels=None",
    },
    "channels": {
        "rgb": "channels='RGB'",
        "bgr": "channels='BGR'",
        3: "channels='RGB'",
        **dict.fromkeys(("grayscale", "gray", "L", 1), "channels='GRAY'"),
        **dict.fromkeys(("rgba", "RGBA", 4), _NO_ALPHA),
    },
    "layout": {
        **dict.fromkeys(("channels_last", "HWC"), "layout='NHWC'"),
        **dict.fromkeys(("channels_first", "CHW", "contiguous_format"), "layout='NCHW'"),
    },
    "output": {
        "pytorch": "output='torch'",
        "tf": "output='tensorflow'",
        "np": "output='numpy'",
    },
    "interpolation": {
        "cubic": "interpolation='bicubic'",
        "linear": "interpolation='bilinear'",
        "box": "interpolation='area'",
        **dict.fromkeys(("lanczos3", "lanczos5"), "interpolation='lanczos'"),
    },
    "fit": {
        "random_resized_crop": "fit='random_crop'",
        "center_crop": "fit='crop'",
        "resize": "fit='stretch'",
    },
}
