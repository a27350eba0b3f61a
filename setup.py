"""Packaging. Tool settings are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
SOURCE = (ROOT / "flowzero_jax" / "version.py").read_text(encoding="utf-8")
VERSION = re.search(r'^__version__ = "(.+)"$', SOURCE, re.MULTILINE)[1]

INSTALL = [
    "absl-py>=2.5",
    "diffusers==0.39.0",  # its last release with Flax pipelines; imported by interop alone
    "flatbuffers>=24.3",  # what JAX keeps traced programs in
    "flax>=0.12.8",
    "fsspec>=2026.2",  # folders and buckets of a batch
    "huggingface_hub>=0.36,<2",  # for hf: names
    "imageio>=2.38",
    "imageio-ffmpeg>=0.8.1",
    "jax>=0.10.2,<0.13",
    "jaxtyping>=0.3.7",
    "ml_collections>=1.1",
    "ml_dtypes>=0.5",
    "numpy>=2.1",
    "optax>=0.2.8",
    "pillow>=13",  # older ones have heap overflows
    "pydantic>=2.14",
    "safetensors>=0.8",
    "tokenizers>=0.22,<0.23",
    "tqdm>=4.67",
    "transformers==4.57.6",  # its last release with Flax; imported by diffusers alone
]
LLM = ["httpx2>=2.12,<3", "openai>=3.52,<4"]
LOCAL_LLM = ["xllamacpp>=2026.10"]  # llama.cpp's server; weights: see the README
TRAIN = ["orbax-checkpoint>=0.12.8", "tensorboardX>=2.6.5"]
CLOUD = ["gcsfs>=2026.2", "s3fs>=2026.2"]  # gs:// and s3://
RAY = ["ray>=2.54"]
PLOT = ["matplotlib>=3.10"]  # scripts/benchmark.py --plot
TEST = [
    "beartype>=0.22",
    "chex>=0.1.91",
    "hypothesis>=6.170",
    "mypy==2.4.1",
    "pytest>=9.2",
    "pytest-timeout>=2.4",
    "pytest-xdist>=3.8",
    "pyyaml>=6.0",
    "ruff==0.17.5",
    "scikit-image>=0.26",
    "webdataset>=1.0",
]

setup(
    name="flowzero_jax",
    version=VERSION,
    description="FlowZero zero-shot text-to-video in JAX",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["flowzero_jax", "flowzero_jax.*"]),
    package_data={"flowzero_jax": ["batch/page.*", "checkpoints/**", "planner/words/*.toml"]},
    install_requires=INSTALL,
    extras_require={
        "llm": LLM,
        "local-llm": LOCAL_LLM,
        "train": TRAIN,
        "plot": PLOT,
        "cloud": CLOUD,
        "ray": RAY,
        "test": [*LLM, *TRAIN, *PLOT, *RAY, *TEST],
        "cuda12": ["jax[cuda12]"],
        "cuda13": ["jax[cuda13]"],
        "tpu": ["jax[tpu]"],
    },
    entry_points={"console_scripts": ["flowzero-jax = flowzero_jax.__main__:main"]},
)
