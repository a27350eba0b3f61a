"""Random networks in PyTorch, cross-frame attention for them, and the pipeline that holds them."""

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionGLIGENPipeline,
    UNet2DConditionModel,
)
from settings import AUTOENCODER, MAX_LENGTH, MERGES, SCHEDULE, TEXT_ENCODER, UNETS
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer


class CrossFrameAttention:
    """Attention processor for `attn1`: keys and values come from other frames of the clip."""

    def __init__(self, mode: str, num_frames: int):
        self.mode, self.num_frames = mode, num_frames

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, **_):
        tokens, width = hidden_states.shape[1:]
        clips = hidden_states.view(-1, self.num_frames, tokens, width)
        context = clips[:, :1].expand_as(clips)
        if self.mode == "first_prev":
            previous = torch.cat([clips[:, :1], clips[:, :-1]], dim=1)
            context = torch.cat([context, previous], dim=2)
        context = context.reshape(len(hidden_states), -1, width)

        def heads(x):
            return x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

        query, key = heads(attn.to_q(hidden_states)), heads(attn.to_k(context))
        weights = (query @ key.transpose(-1, -2) * attn.scale).softmax(-1)
        out = weights @ heads(attn.to_v(context))
        return attn.to_out[0](out.transpose(1, 2).flatten(2))


def randomize(model: torch.nn.Module) -> torch.nn.Module:
    """Random weights that let every part show in the output."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter)
            if parameter.ndim > 1:
                parameter.copy_(noise * parameter[0].numel() ** -0.5)
            elif name.endswith("norm.weight") or "norm" in name.split(".")[-2]:
                parameter.copy_(float(name.endswith("weight")) + 0.2 * noise)
            else:
                parameter.copy_(0.3 * noise)
    return model.eval()


def rounded(values: torch.Tensor) -> torch.Tensor:
    """As float32 holds them: inputs must be exact in the file."""
    return values.float().double()


def set_cross_frame(unet, mode: str, num_frames: int):
    """Puts `mode` into every `attn1`; returns the processors to put back."""
    before = unet.attn_processors
    cross = CrossFrameAttention(mode, num_frames)
    unet.set_attn_processor(
        {name: cross if ".attn1." in name else old for name, old in before.items()}
    )
    return before


def predict(unet, latents, timesteps, text, objects=None, cross_frame="none", num_frames=1):
    """The UNet's output; `objects` are (boxes, embeddings, masks)."""
    names = ("boxes", "positive_embeddings", "masks")
    gligen = None if objects is None else {"gligen": dict(zip(names, objects, strict=True))}
    before = unet.attn_processors
    if cross_frame != "none":
        before = set_cross_frame(unet, cross_frame, num_frames)
    out = unet(latents, timesteps, text, cross_attention_kwargs=gligen).sample
    unet.set_attn_processor(before)
    return out


def tapped(modules: dict[str, torch.nn.Module], run) -> dict[str, torch.Tensor]:
    """What each of `modules` returned last during `run()`."""
    values = {}

    def keep(name):
        def hook(_, __, out):
            values[name] = out[0] if isinstance(out, tuple) else out

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in modules.items()]
    values["out"] = run()
    for handle in handles:
        handle.remove()
    return values


def make_tokenizer(folder: Path) -> CLIPTokenizer:
    """A byte-level tokenizer with few merges, another row length and another padding token."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    letters = [*map(chr, printable), *(chr(256 + index) for index in range(len(rest)))]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += [merge.replace(" ", "") for merge in MERGES]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES, ""]), encoding="utf-8")
    files = (str(folder / "vocab.json"), str(folder / "merges.txt"))
    return CLIPTokenizer(*files, pad_token="!", model_max_length=MAX_LENGTH)


def make_pipeline(folder: Path) -> StableDiffusionGLIGENPipeline:
    """The pipeline with UNet A, saved in float32 and ready to run in float64."""
    tokenizer = make_tokenizer(folder / "tokenizer")
    ends = {"bos_token_id": len(tokenizer) - 2, "eos_token_id": len(tokenizer) - 1}
    config = CLIPTextConfig(vocab_size=len(tokenizer), **TEXT_ENCODER, **ends)
    pipe = StableDiffusionGLIGENPipeline(
        vae=randomize(AutoencoderKL(**AUTOENCODER)),
        text_encoder=randomize(CLIPTextModel(config)),
        tokenizer=tokenizer,
        unet=randomize(UNet2DConditionModel(attention_type="gated", **UNETS["a"])),
        scheduler=DDIMScheduler(**SCHEDULE),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    networks = (pipe.unet, pipe.vae, pipe.text_encoder)
    for network in networks:
        network.float()
    pipe.save_pretrained(folder)
    for network in networks:
        network.double()
    return pipe
