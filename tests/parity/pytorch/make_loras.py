"""Records LoRAs merged by diffusers, and steps of its LCM scheduler.

    python tests/parity/pytorch/make_loras.py tests/parity/loras

Run it where torch, diffusers 0.39.0, transformers 4.57.6 and peft are installed. The LoRAs are
random and small, for the pipeline in `tests/parity/reference`. Into the folder go their files, as
different programs write them, and `merged.npz`: the weights that each changes, after
`fuse_lora(lora_scale=SCALE)`, as `FILE/NETWORK/NAME`; and `lcm.npz`.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import LCMScheduler, StableDiffusionPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file

PIPELINE = Path(__file__).parents[1] / "reference" / "pipeline"
SCALE = 0.7

BLOCK = "down_blocks.0.attentions.0.transformer_blocks.0"
UNET = (
    f"{BLOCK}.attn1.to_q",
    f"{BLOCK}.attn1.to_out.0",
    f"{BLOCK}.attn2.to_k",
    f"{BLOCK}.ff.net.0.proj",
    f"{BLOCK}.ff.net.2",
    "down_blocks.0.attentions.0.proj_in",
    "down_blocks.0.resnets.0.conv1",
    "down_blocks.0.downsamplers.0.conv",
    "mid_block.resnets.0.time_emb_proj",
    "up_blocks.1.attentions.1.transformer_blocks.0.attn2.to_v",
)
LAYER = "text_model.encoder.layers.1"
TEXT = (f"{LAYER}.self_attn.q_proj", f"{LAYER}.self_attn.out_proj", f"{LAYER}.mlp.fc1")


def load_pipeline():
    names = {"safety_checker": None, "feature_extractor": None}
    return StableDiffusionPipeline.from_pretrained(PIPELINE, **names)


def pairs(network, modules, ranks):
    """Module → random (down, up) of its rank."""
    found = {}
    for name, rank in zip(modules, ranks, strict=True):
        weight = network.get_submodule(name).weight
        ones = (1,) * (weight.ndim - 2)
        found[name] = (
            torch.randn(rank, *weight.shape[1:]) * 0.3,
            torch.randn(weight.shape[0], rank, *ones) * 0.3,
        )
    return found


def kohya(pipe):
    """Layers with underscores, convolutions too, with alphas that differ."""
    tensors = {}
    ranks = {"unet": (2, 1, 3, 2, 2, 2, 3, 2, 1, 2), "te": (2, 2, 1)}
    for prefix, network, modules in (
        ("unet", pipe.unet, UNET), ("te", pipe.text_encoder, TEXT)
    ):  # fmt: skip
        for name, (down, up) in pairs(network, modules, ranks[prefix]).items():
            start = f"lora_{prefix}_{name.replace('.', '_')}"
            alpha = torch.tensor(1.0 if "ff" in name else 0.5)
            tensors |= {
                f"{start}.lora_down.weight": down,
                f"{start}.lora_up.weight": up,
                f"{start}.alpha": alpha,
            }
    return tensors


def diffusers_old(pipe):
    """As diffusers wrote them before PEFT."""
    tensors = {}
    for name, (down, up) in pairs(pipe.unet, UNET[:3], (2, 2, 2)).items():
        module, _, layer = name.removesuffix(".0").rpartition(".")
        tensors[f"unet.{module}.processor.{layer}_lora.down.weight"] = down
        tensors[f"unet.{module}.processor.{layer}_lora.up.weight"] = up
    for name, (down, up) in pairs(pipe.text_encoder, TEXT, (2, 2, 2)).items():
        tensors[f"text_encoder.{name}.lora_linear_layer.down.weight"] = down
        tensors[f"text_encoder.{name}.lora_linear_layer.up.weight"] = up
    return tensors


def peft_pairs(pipe, ranks):
    """PEFT's names, without alphas."""
    tensors = {}
    for name, (down, up) in pairs(pipe.unet, UNET, ranks).items():
        tensors |= {f"unet.{name}.lora_A.weight": down, f"unet.{name}.lora_B.weight": up}
    return tensors


def save_peft(pipe, path):
    """Saved by diffusers from PEFT adapters: ranks and alphas by patterns, in the file's notes."""
    patterns = {
        "rank_pattern": {UNET[3]: 3, UNET[6]: 1},
        "alpha_pattern": {UNET[3]: 5, UNET[1]: 1},
    }
    modules = {"unet": pipe.unet, "text_encoder": pipe.text_encoder}
    configs = {
        "unet": LoraConfig(r=2, lora_alpha=3, target_modules=list(UNET), **patterns),
        "text_encoder": LoraConfig(r=2, lora_alpha=8, target_modules=list(TEXT), use_rslora=True),
    }
    layers, notes = {}, {}
    for name, module in modules.items():
        module.add_adapter(configs[name])
        with torch.no_grad():
            for key, parameter in module.named_parameters():
                if "lora_" in key:
                    parameter.copy_(torch.randn_like(parameter) * 0.3)
        layers[f"{name}_lora_layers"] = get_peft_model_state_dict(module)
        notes[f"{name}_lora_adapter_metadata"] = module.peft_config["default"].to_dict()
    pipe.save_lora_weights(path.parent, **layers, **notes, weight_name=path.name)


def merged(path):
    """The changed weights of UNet and text encoder."""
    pipe = load_pipeline()
    pipe.load_lora_weights(path.parent, weight_name=path.name)
    pipe.fuse_lora(lora_scale=SCALE)
    pipe.unload_lora_weights()
    plain, found = load_pipeline(), {}
    for name in ("unet", "text_encoder"):
        before = dict(getattr(plain, name).named_parameters())
        for key, parameter in getattr(pipe, name).named_parameters():
            if not torch.equal(parameter, before[key]):
                found[f"{path.stem}/{name}/{key}"] = parameter.detach().numpy()
    print(path.name, len(found))
    return found


def lcm_arrays():
    """A run of eight steps, and the last ones of fifty, with given predictions and noise."""
    arrays = {}
    for prediction in ("epsilon", "v_prediction"):
        for count in (1, 4, 8, 50):
            scheduler = LCMScheduler.from_pretrained(
                PIPELINE / "scheduler", prediction_type=prediction
            )
            scheduler.set_timesteps(count)
            kept = range(count) if count <= 8 else range(count - 3, count)
            latents = torch.randn(2, 4, 3, 3)
            run = {"timesteps": scheduler.timesteps, "start": latents}
            rows = {"predictions": [], "noise": [], "latents": []}
            for index, time in enumerate(scheduler.timesteps):
                if index not in kept:
                    continue
                output = torch.randn_like(latents)
                generator = torch.Generator().manual_seed(index)
                noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(index))
                scheduler._step_index = index
                latents = scheduler.step(output, time, latents, generator).prev_sample
                for name, value in zip(rows, (output, noise, latents), strict=True):
                    rows[name].append(value)
            run |= {name: torch.stack(values) for name, values in rows.items()}
            arrays |= {f"{prediction}_{count}/{key}": x.numpy() for key, x in run.items()}
    return arrays


def main(folder):
    torch.manual_seed(3)
    folder.mkdir(parents=True, exist_ok=True)
    pipe = load_pipeline()
    made = {
        "kohya": kohya(pipe),
        "diffusers_old": diffusers_old(pipe),
        "peft": peft_pairs(pipe, (2,) * 10),
        "peft_ranks": peft_pairs(pipe, (2, 1, 3, 2, 2, 2, 3, 2, 1, 2)),
    }
    for name, tensors in made.items():
        save_file(
            {key: x.contiguous() for key, x in tensors.items()}, folder / f"{name}.safetensors"
        )
    save_peft(pipe, folder / "peft_patterns.safetensors")
    arrays = {}
    for path in sorted(folder.glob("*.safetensors")):
        arrays |= merged(path)
    np.savez_compressed(folder / "merged.npz", **arrays)
    np.savez_compressed(folder / "lcm.npz", **lcm_arrays())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
