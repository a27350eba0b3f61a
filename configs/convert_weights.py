"""Turns any source of weights into a diffusers folder, which loads faster and in PyTorch, too.

    python scripts/convert_weights.py --config.model=FOLDER --out=NEW
    python scripts/convert_weights.py --config.model=FILE.safetensors \
        --config.tokenizer=FOLDER/tokenizer --config.gligen=ADAPTER.safetensors --out=NEW
    python scripts/convert_weights.py --config=configs/convert_weights.py:gligen_sd14 --out=NEW

Variants:
    default      nothing chosen but float16, the precision that most published files have
    gligen_sd14  Stable Diffusion 1.4 with GLIGEN's text-box layers. Its main branch holds pickles;
                 give a revision that has safetensors:
                 --config.model=hf:masterful/gligen-1-4-generation-text-box@refs/pr/NUMBER

`model` is a diffusers folder, a .safetensors file with the original names (then `tokenizer` is the
folder of its tokenizer), or hf:OWNER/NAME[@REVISION]. `gligen` is an adapter to be added, `vae`
another autoencoder, `loras` are "FILE[:SCALE]" texts, merged for good. `dtype` is float32, bfloat16
or float16.

Needs the memory of the parameters in `dtype` (1.28 billion with GLIGEN: 2.6 GB in float16), and
about a minute on two cores. Expect the folder's path and its hash, which `flowzero-jax inspect`
shows as well.
"""

from ml_collections import ConfigDict, config_dict


def get_config(variant: str = "default") -> ConfigDict:
    """A conversion; every field can be overridden by `--config.field=value`."""
    config = ConfigDict(
        {
            "model": config_dict.placeholder(str),
            "tokenizer": config_dict.placeholder(str),
            "gligen": config_dict.placeholder(str),
            "vae": config_dict.placeholder(str),
            "loras": (),
            "dtype": "float16",
        }
    )
    changes = {
        "default": {},
        "gligen_sd14": {"model": "hf:masterful/gligen-1-4-generation-text-box"},
    }
    if variant not in changes:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(changes)}")
    config.update(changes[variant])
    return config
