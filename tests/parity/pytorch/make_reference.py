"""Makes a reference folder with PyTorch: random weights in other sizes, and what they compute.

The suite must pass on any folder of this format, so this one differs from the recorded folder in
every size and setting that a checkpoint may choose. Run it where torch is installed, with
diffusers 0.39.0 and transformers 4.57.6, then the suite where JAX is:

    python tests/parity/pytorch/make_reference.py /tmp/reference
    FLOWZERO_REFERENCE=/tmp/reference python -m pytest tests/parity

`reference/README.md` says what every array means. Values are computed in float64.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from networks import make_pipeline, predict, randomize, rounded, tapped
from settings import INPUTS, PROMPTS, SCHEDULE, SLOTS, STEP_COUNTS, UNETS


def unet_arrays(unet, frames, size, odd_size, tokens, slots) -> dict:
    width, channels = unet.config.cross_attention_dim, unet.config.in_channels
    corners = torch.rand(frames, slots, 2, 2).sort(dim=2).values
    arrays = {
        "latents": torch.randn(frames, channels, *size),
        "timesteps": torch.randint(0, SCHEDULE["num_train_timesteps"], (frames,)),
        "timestep_video": torch.tensor(321),
        "encoder_hidden_states": torch.randn(frames, tokens, width),
        "uncond_hidden_states": torch.randn(1, tokens, width).repeat(frames, 1, 1),
        "boxes": corners.flatten(2),
        "positive_embeddings": torch.randn(frames, slots, width),
        "masks": (torch.arange(slots)[None] < torch.arange(frames)[:, None] + 1).double(),
        "latents_odd": torch.randn(frames, channels, *odd_size),
    }
    arrays = {k: rounded(v) if v.is_floating_point() else v for k, v in arrays.items()}
    latents, times, text = (arrays[k] for k in ("latents", "timesteps", "encoder_hidden_states"))
    objects = tuple(arrays[name] for name in ("boxes", "positive_embeddings", "masks"))
    nobody = (*objects[:2], torch.zeros_like(objects[2]))
    net, block = unet.position_net, unet.down_blocks[0].attentions[0].transformer_blocks[0]
    arrays["fourier_embedding"] = fourier(objects[0])
    arrays["position_net_out"] = net(*objects[::2], objects[1])
    arrays["position_net_out_masked_all"] = net(*nobody[::2], nobody[1])
    arrays["eps_plain"] = predict(unet, latents, times, text)
    arrays["eps_gligen_masked_all"] = predict(unet, latents, times, text, nobody)
    arrays["eps_odd_gligen"] = predict(unet, arrays["latents_odd"], times, text, objects)
    whole = {"time_proj": unet.time_proj, "time_embedding": unet.time_embedding}
    parts = {
        "conv_in": unet.conv_in,
        "down0_resnet0": unet.down_blocks[0].resnets[0],
        "down0_attention0": unet.down_blocks[0].attentions[0],
        **{f"block_{x}": getattr(block, x) for x in ("norm1", "attn1", "fuser", "attn2", "ff")},
        "block_out": block,
        "mid": unet.mid_block,
        **{f"down{i}": stage for i, stage in enumerate(unet.down_blocks)},
        **{f"up{i}": stage for i, stage in enumerate(unet.up_blocks)},
    }
    taps = tapped(whole | parts, lambda: predict(unet, latents, times, text, objects))
    arrays["eps_gligen"] = taps.pop("out")
    for name, value in taps.items():
        arrays[f"tap_{name}"] = value if name in whole else value[:1]

    time = arrays["timestep_video"]
    both = [torch.cat(pair) for pair in zip(nobody, objects, strict=True)]
    texts = torch.cat([arrays["uncond_hidden_states"], text])
    for mode in ("first", "first_prev"):
        clip = {"cross_frame": mode, "num_frames": frames}
        run = tapped({"attn1": block.attn1}, lambda c=clip: predict(unet, latents, time, text, **c))
        arrays[f"eps_cross_{mode}"] = run["out"]
        arrays[f"tap_block_attn1_cross_{mode}"] = run["attn1"][:3]
        arrays[f"eps_cross_{mode}_gligen"] = predict(unet, latents, time, text, objects, **clip)
        guided = predict(unet, torch.cat([latents] * 2), time, texts, both, **clip)
        arrays[f"eps_cfg_cross_{mode}_gligen"] = guided
    return arrays


def fourier(boxes):
    """Features in the order (frequency, sin/cos, coordinate)."""
    angles = 100 ** (torch.arange(8).double() / 8)[:, None] * boxes[..., None, :]
    return torch.stack([angles.sin(), angles.cos()], dim=-2).flatten(-3)


def autoencoder_arrays(vae) -> dict:
    latents = rounded(torch.randn(3, 4, 6, 10))
    images = rounded(torch.rand(2, 3, 24, 40) * 2 - 1)
    posterior = vae.encode(images).latent_dist
    return {
        "latents": latents,
        "images": images,
        "decoded": vae.decode(latents / vae.config.scaling_factor).sample,
        "moments": posterior.parameters,
        "mode": posterior.mode(),
        "logvar": posterior.logvar,
        "std": posterior.std,
        "mode_scaled": posterior.mode() * vae.config.scaling_factor,
    }


def token_ids(tokenizer, texts):
    return tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids


def text_arrays(tokenizer, encoder) -> dict:
    ids = token_ids(tokenizer, PROMPTS["text_encoder_prompts"])
    phrases = tokenizer(PROMPTS["text_encoder_phrases"], padding=True, return_tensors="pt")
    out, pooled = encoder(ids, output_hidden_states=True), encoder(**phrases)
    return {
        "input_ids": ids,
        "phrase_input_ids": phrases.input_ids,
        "phrase_attention_mask": phrases.attention_mask,
        "last_hidden_state": out.last_hidden_state,
        "pooler_output": out.pooler_output,
        "hidden_state_embeddings": out.hidden_states[0][1:2],
        "hidden_state_layer0": out.hidden_states[1][1:2],
        "phrase_last_hidden_state": pooled.last_hidden_state,
        "phrase_pooler_output": pooled.pooler_output,
    }


def schedule_arrays(scheduler) -> dict:
    sample, noise = torch.randn(2, 2, 4, 5, 3, dtype=torch.float32)
    timesteps = {}
    for count in reversed(STEP_COUNTS):
        scheduler.set_timesteps(count)
        timesteps[f"timesteps_{count}"] = scheduler.timesteps
    single = scheduler.timesteps[[0, 2, -1]]
    steps = [scheduler.step(noise, time, sample) for time in single]
    times = torch.tensor([17, 512])
    return timesteps | {
        "betas": scheduler.betas,
        "alphas_cumprod": scheduler.alphas_cumprod,
        "final_alpha_cumprod": scheduler.final_alpha_cumprod,
        "sample": sample,
        "eps": noise,
        "step_timesteps": single,
        "prev_sample": torch.stack([step.prev_sample for step in steps]),
        "pred_original_sample": torch.stack([step.pred_original_sample for step in steps]),
        "add_noise_timesteps": times,
        "noised": scheduler.add_noise(sample, noise, times),
    }


def clip_arrays(pipe) -> dict:
    """The clip of `PROMPTS["trajectory"]` with every step."""
    settings, encoder = PROMPTS["trajectory"], pipe.text_encoder
    frames, width = len(settings["prompts"]), encoder.config.hidden_size
    ids = token_ids(pipe.tokenizer, settings["prompts"])
    negative_ids = token_ids(pipe.tokenizer, [settings["negative"]] * frames)
    boxes, masks = torch.zeros(frames, SLOTS, 4), torch.zeros(frames, SLOTS)
    embeddings = torch.zeros(frames, SLOTS, width)
    for f, objects in enumerate(settings["objects"]):
        for n, (phrase, box) in enumerate(objects):
            boxes[f, n], masks[f, n] = torch.tensor(box), 1
            embeddings[f, n] = encoder(token_ids(pipe.tokenizer, [phrase])).pooler_output[0]
    text, negative = encoder(ids)[0], encoder(negative_ids)[0]
    grounding = int(settings["beta"] * settings["steps"])
    both = [torch.cat([x, x]) for x in (boxes, embeddings, masks)]
    both[2][:frames] = 0
    pipe.scheduler.set_timesteps(settings["steps"])
    initial = rounded(torch.randn(frames, 4, *settings["hw"]))

    def run(mode):
        latents = [initial]
        predictions = []
        for index, time in enumerate(pipe.scheduler.timesteps):
            out = predict(
                pipe.unet,
                torch.cat([latents[-1]] * 2),
                time,
                torch.cat([negative, text]),
                both if index < grounding else None,
                mode,
                frames,
            ).chunk(2)
            guided = out[0] + settings["guidance"] * (out[1] - out[0])
            predictions.append(out)
            latents.append(pipe.scheduler.step(guided, time, latents[-1]).prev_sample)
        return torch.stack(latents), *map(torch.stack, zip(*predictions, strict=True))

    latents, unconditional, conditional = run("first")
    decoded = pipe.vae.decode(latents[-1] / pipe.vae.config.scaling_factor).sample
    return {
        "initial_latents": initial,
        "input_ids": ids,
        "negative_input_ids": negative_ids,
        "prompt_embeds": text,
        "negative_prompt_embeds": negative,
        "boxes": boxes,
        "positive_embeddings": embeddings,
        "masks": masks,
        "timesteps": pipe.scheduler.timesteps,
        "num_grounding_steps": torch.tensor(grounding),
        "latents_steps": latents,
        "eps_uncond": unconditional,
        "eps_text": conditional,
        "decoded": decoded,
        "images": (decoded / 2 + 0.5).clip(0, 1),
        "latents_final_first_prev": run("first_prev")[0][-1],
        "latents_final_plain": run("none")[0][-1],
    }


def image_arrays(pipe) -> dict:
    """The image of `PROMPTS["pipeline"]`, by the pipeline class itself."""
    settings = PROMPTS["pipeline"]
    latents = rounded(torch.randn(1, 4, *settings["hw"]))
    factor = pipe.vae_scale_factor
    drawn = {
        output: pipe(
            prompt=settings["prompt"],
            negative_prompt=settings["negative"],
            height=settings["hw"][0] * factor,
            width=settings["hw"][1] * factor,
            num_inference_steps=settings["steps"],
            guidance_scale=settings["guidance"],
            gligen_scheduled_sampling_beta=settings["beta"],
            gligen_phrases=settings["phrases"],
            gligen_boxes=settings["boxes"],
            latents=latents,
            output_type=output,
        ).images
        for output in ("latent", "np")
    }
    return {
        "initial_latents": latents,
        "latents_out": drawn["latent"],
        "images_nhwc": torch.tensor(drawn["np"]),
    }


def main(folder: Path) -> None:
    torch.manual_seed(7)
    torch.set_default_dtype(torch.float64)
    pipe = make_pipeline(folder / "pipeline")
    other = randomize(UNet2DConditionModel(attention_type="gated", **UNETS["b"]))
    other.float().save_pretrained(folder / "unet_b")
    groups = {
        "unet_a": lambda: unet_arrays(pipe.unet, *INPUTS["a"]),
        "unet_b": lambda: unet_arrays(other.double(), *INPUTS["b"]),
        "vae": lambda: autoencoder_arrays(pipe.vae),
        "text_encoder": lambda: text_arrays(pipe.tokenizer, pipe.text_encoder),
        "scheduler": lambda: schedule_arrays(pipe.scheduler),
        "trajectory": lambda: clip_arrays(pipe),
        "pipeline": lambda: image_arrays(pipe),
    }
    for name, compute in groups.items():
        with torch.no_grad():
            arrays = {key: value.detach().numpy() for key, value in compute().items()}
        floats = (key for key, value in arrays.items() if value.dtype == np.float64)
        arrays |= {key: arrays[key].astype(np.float32) for key in floats}
        np.savez_compressed(folder / f"{name}.npz", **arrays)
        print(f"{name}: {len(arrays)} arrays")
    (folder / "prompts.json").write_text(json.dumps(PROMPTS, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
