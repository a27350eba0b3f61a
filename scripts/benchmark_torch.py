"""PyTorch's side of the benchmark, run by `benchmark.py` in another interpreter.

It needs torch and diffusers alone. The first line of the input is a job (JSON), each further line
the index of a stage to run. Answers are lines of JSON: what this worker is, then the seconds of
each run. Weights are random.
"""

import json
import sys
import time

import diffusers
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch.nn import functional

# Only answers may go to the standard output.
answers, sys.stdout = sys.stdout, sys.stderr


class CrossFrameAttention:
    """Attention processor for `attn1`: keys and values come from other frames of the clip."""

    def __init__(self, mode: str):
        self.mode, self.num_frames = mode, 1

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, **_):
        frames = self.num_frames

        def seen(x):
            own = x.unflatten(0, (-1, frames))
            first = own[:, :1].expand_as(own)
            previous = torch.cat([own[:, :1], own[:, :-1]], dim=1)
            also = {"first": [], "first_prev": [previous], "first_self": [own]}[self.mode]
            return torch.cat([first, *also], dim=2).flatten(0, 1)

        def heads(x):
            return x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

        key, value = seen(attn.to_k(hidden_states)), seen(attn.to_v(hidden_states))
        query = attn.to_q(hidden_states)
        out = functional.scaled_dot_product_attention(heads(query), heads(key), heads(value))
        return attn.to_out[0](out.transpose(1, 2).flatten(2))


class Worker:
    """The networks of a job and random inputs for its stages."""

    def __init__(self, job: dict):
        torch.set_num_threads(job["threads"])
        torch.manual_seed(0)
        self.job = job
        self.placed = {"device": job["device"], "dtype": getattr(torch, job["dtype"])}
        kinds = {stage["kind"] for stage in job["stages"]}
        if "denoise" in kinds:
            self.unet = self._make(UNet2DConditionModel, job["unet"])
            self.cross_frame = CrossFrameAttention(job["cross_frame"])
            frames = max(stage["frames"] for stage in job["stages"])
            if job["cross_frame"] != "none" and frames > 1:
                own = self.unet.attn_processors
                processors = {k: self.cross_frame if ".attn1." in k else own[k] for k in own}
                self.unet.set_attn_processor(processors)
        if "decode" in kinds:
            self.vae = self._make(AutoencoderKL, job["vae"])

    def _make(self, kind, config: dict):
        return kind.from_config(config).to(**self.placed).eval()

    def _noise(self, *shape):
        return torch.randn(*shape, **self.placed)

    def seconds(self, stage: dict) -> float:
        """Wall time of one run; inputs are made before."""
        run = {"denoise": self._denoise, "decode": self._decode}[stage["kind"]](stage)
        self._wait()
        start = time.perf_counter()
        with torch.inference_mode():
            run()
        self._wait()
        return time.perf_counter() - start

    def _wait(self) -> None:
        if self.job["device"] == "cuda":
            torch.cuda.synchronize()

    def _decode(self, stage: dict):
        channels = self.vae.config.latent_channels
        latents = self._noise(stage["frames"], channels, self.job["rows"], self.job["columns"])

        def run():
            images = self.vae.decode(latents / self.vae.config.scaling_factor).sample
            return ((images / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)

        return run

    def _denoise(self, stage: dict):
        job, frames = self.job, stage["frames"]
        images = frames * (2 if stage["guided"] else 1)
        width, slots = self.unet.config.cross_attention_dim, job["slots"]
        self.cross_frame.num_frames = frames
        channels = self.unet.config.in_channels
        first = self._noise(frames, channels, job["rows"], job["columns"])
        text = self._noise(images, job["text_length"], width)
        boxes = torch.tensor([0.2, 0.2, 0.6, 0.6], **self.placed).expand(images, slots, 4)
        gligen = None
        if stage["grounded"]:
            embeds, masks = self._noise(images, slots, width), self._noise(images, slots) > 0
            objects = {"boxes": boxes, "positive_embeddings": embeds, "masks": masks.to(boxes)}
            gligen = {"gligen": objects}
        alpha, following = 0.5, 0.6  # the arithmetic of a DDIM step, whichever it is

        def run():
            latents = first
            for _ in range(stage["steps"]):
                batch = torch.cat([latents] * (images // frames))
                noise = self.unet(batch, 500, text, cross_attention_kwargs=gligen).sample
                if stage["guided"]:
                    without, given = noise.chunk(2)
                    noise = without + job["guidance_scale"] * (given - without)
                clean = (latents - (1 - alpha) ** 0.5 * noise) / alpha**0.5
                latents = following**0.5 * clean + (1 - following) ** 0.5 * noise
            return latents

        return run


def answer(values: dict) -> None:
    print(json.dumps(values), file=answers, flush=True)


def main() -> None:
    job = json.loads(sys.stdin.readline())
    worker = Worker(job)
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    threads = torch.get_num_threads()
    answer({"ready": True, "device": job["device"], "threads": threads, "versions": versions})
    for line in sys.stdin:
        answer({"seconds": worker.seconds(job["stages"][int(line)])})


if __name__ == "__main__":
    main()
