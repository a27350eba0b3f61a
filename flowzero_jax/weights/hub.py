"""Checkpoints of the Hugging Face hub: `hf:OWNER/NAME[@REVISION]` → a folder in its local cache.

Only this module goes to the network, and only for such names. The revision is resolved once, to a
commit, and all files are taken from that. Fetched are the files that `load_folder` reads and
nothing else: JSON, text and safetensors under fixed names.
"""

import dataclasses
import re
import warnings
from collections.abc import Callable, Collection
from pathlib import Path

from flowzero_jax.errors import ModelError, OutputError
from flowzero_jax.files import write_text
from flowzero_jax.tokenizer import ROW_FILES
from flowzero_jax.weights.folder import MODEL_INDEX, SCHEDULER, SETTINGS
from flowzero_jax.weights.manifest import MANIFEST
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.safetensors_file import FOREIGN_SUFFIXES, SUFFIX, candidates, read_index

TIMEOUT = 10  # seconds, for an answer to begin

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_SPEC = re.compile(rf"hf:(?P<repository>{_PART}/{_PART})(@(?P<revision>{_PART}(/{_PART})*))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """The files of one commit."""

    folder: Path
    repository: str
    commit: str


def fetch(model: str, networks: Collection[str] = tuple(NETWORKS)) -> Snapshot:
    """Downloads what is not in the local cache of the model named `hf:OWNER/NAME[@REVISION]`: small
    files, and the weights of some networks.

    With `HF_HUB_OFFLINE` set, or where the hub cannot be reached, a cached snapshot is taken.
    Raises ModelError, also for a repository without safetensors.
    """
    spec = _SPEC.fullmatch(model)
    if spec is None:
        raise ModelError(f"{model[:200]!r}: not a hub name; write hf:OWNER/NAME or …@REVISION")
    repository, revision = spec["repository"], spec["revision"] or "main"
    try:
        from huggingface_hub import constants
        from huggingface_hub.utils import HFValidationError, validate_repo_id
    except ImportError as error:
        raise ModelError(f"{model}: needs huggingface_hub; pip install huggingface_hub") from error
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise ModelError(f"{model}: not a hub name: {_first_line(error)}") from error
    if constants.HF_HUB_OFFLINE:
        return _cached(model, repository, revision, "HF_HUB_OFFLINE is set", networks)
    return _download(model, repository, revision, networks)


def _download(model: str, repository: str, revision: str, networks: Collection[str]) -> Snapshot:
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        info = HfApi().model_info(repository, revision=revision, timeout=TIMEOUT)
    except HfHubHTTPError as error:
        raise ModelError(f"{model}: {_refusal(error)}") from error
    except Exception as error:  # the library's HTTP client has its own classes, not always the same
        why = f"no answer: {_first_line(error)}"
        snapshot = _cached(model, repository, revision, why, networks)
        said = f"the hub cannot be reached; using commit {snapshot.commit[:12]} as cached"
        warnings.warn(f"{model}: {said}", stacklevel=2)
        return snapshot
    commit = info.sha or ""
    if not _COMMIT.fullmatch(commit):
        raise ModelError(f"{model}: the hub names no commit for {revision!r}; try again later")

    def get(name: str) -> Path:
        try:
            return Path(hf_hub_download(repository, name, revision=commit, etag_timeout=TIMEOUT))
        except Exception as error:
            raise ModelError(f"{model}: {name}: {_refusal(error)}") from error

    names = {sibling.rfilename for sibling in info.siblings or ()}
    _fetch_files(model, names, networks, get)
    _remember(repository, revision, commit)
    return Snapshot(get(MODEL_INDEX).parent, repository, commit)


def _remember(repository: str, revision: str, commit: str) -> None:
    """Notes in the library's cache what a name stood for, to find the commit without the hub.

    The library does so itself only where it resolves the name again for each file.
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    if revision == commit:
        return
    folder = repo_folder_name(repo_id=repository, repo_type="model")
    reference = Path(constants.HF_HUB_CACHE) / folder / "refs" / revision
    try:
        reference.parent.mkdir(parents=True, exist_ok=True)
        write_text(reference, commit)
    except (OSError, OutputError) as error:
        said = f"cannot be written; offline it will be missing: {error}"
        warnings.warn(f"{reference}: {said}", stacklevel=2)


def _fetch_files(
    model: str, names: set[str], networks: Collection[str], get: Callable[[str], Path]
) -> None:
    """Gets, of the files of a repository, those that make up a checkpoint."""
    if MODEL_INDEX not in names:
        single = [name for name in names if "/" not in name and name.endswith(SUFFIX)]
        hint = "name a repository of a Stable Diffusion 1 pipeline"
        if single:
            hint = f"download {min(single)} and name the file, with --tokenizer"
        raise ModelError(f"{model}: no diffusers pipeline, it has no {MODEL_INDEX}; {hint}")
    # All weights are looked for before anything large is fetched.
    weights = {name: _weights(model, name, NETWORKS[name].stem, names) for name in networks}
    small = [MODEL_INDEX, SCHEDULER, SETTINGS, MANIFEST]
    both = ("vocab.json", "merges.txt")
    vocabulary = both if "tokenizer/vocab.json" in names else ("tokenizer.json",)
    small += [f"tokenizer/{name}" for name in (*vocabulary, *ROW_FILES)]
    small += [f"{network}/config.json" for network in networks]
    for name in filter(names.__contains__, small):
        get(name)
    for network, name in weights.items():
        path = get(name)
        if name.endswith(".json"):
            for shard in sorted(set(read_index(path).values())):
                get(f"{network}/{shard}")


def _weights(model: str, network: str, stem: str, names: set[str]) -> str:
    """The file, or the index of files, with a network's weights."""
    for candidate in candidates(stem):
        if f"{network}/{candidate}" in names:
            return f"{network}/{candidate}"
    own = sorted(name for name in names if name.startswith(f"{network}/"))
    if pickles := [name for name in own if name.endswith(FOREIGN_SUFFIXES)]:
        raise ModelError(
            f"{model}: holds {pickles[0]} but no safetensors; pickles can run code and are never "
            "opened: name a revision that has safetensors (often a pull request's, "
            f"{model.partition('@')[0]}@refs/pr/NUMBER, see the repository's Community page), or "
            "convert it where you trust it (diffusers: `save_pretrained(..., "
            "safe_serialization=True)`) and name that folder"
        )
    raise ModelError(f"{model}: {network}/ has no {stem}{SUFFIX}; name another revision")


def _cached(
    model: str, repository: str, revision: str, why: str, networks: Collection[str]
) -> Snapshot:
    """The snapshot in the local cache; whether it is whole will show when it is loaded."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(repository, MODEL_INDEX, revision=revision)
    if not isinstance(path, str):
        raise ModelError(
            f"{model}: not in the local cache, and the hub is out of reach ({why}); connect once, "
            "or name a folder"
        )
    folder = Path(path).parent
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*")}

    def get(name: str) -> Path:
        if name not in names:
            raise ModelError(f"{model}: {name} is not in the local cache ({why}); connect once")
        return folder / name

    _fetch_files(model, names, networks, get)
    return Snapshot(folder, repository, folder.name)


def _refusal(error: Exception) -> str:
    """What one of the hub's errors means, and what to do."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return "the repository is gated; accept its terms on its page and log in (hf auth login)"
    if isinstance(error, errors.RevisionNotFoundError):
        return "the repository has no such revision; name another one after @"
    if isinstance(error, errors.RepositoryNotFoundError):
        missing = "the hub has no such repository, or it is private"
        return f"{missing}; check the name, or log in (hf auth login)"
    return f"not fetched: {_first_line(error)}; try again later, whole files are kept"


def _first_line(error: Exception) -> str:
    text = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {text.strip()[:200]}" if text else type(error).__name__
