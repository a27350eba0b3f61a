"""The planner with a language model: any OpenAI-compatible endpoint, and a check of what it says.

prompt ─► question (`prompts`, `schema`)
       ─► answer (`client`, `request`, `http`, `completion`, `faults`; `reply_store` keeps it)
       ─► scene (`reply_text`, `reply_tracks`, `reply_boxes`, `replies`; `conversation` asks again)
       ─► findings ─► better scene (`refinement`) ─► plan of all frames and its history (`planner`)
"""

from flowzero_jax.planner.llm.planner import LlmPlan, open_model, plan_scene, plan_with_llm
from flowzero_jax.planner.llm.settings import LlmSettings

__all__ = ["LlmPlan", "LlmSettings", "open_model", "plan_scene", "plan_with_llm"]
