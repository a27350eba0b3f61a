"""Who plans the prompts of a batch; jobs that differ in their seeds alone share a plan."""

import threading
from collections import OrderedDict
from concurrent.futures import Future

from flowzero_jax.batch.stages import PlanScene
from flowzero_jax.planner import plan
from flowzero_jax.planner.choice import PlannerChoice, choose_planner
from flowzero_jax.scene import SceneSyntax

REMEMBERED = 1000


def open_planner(choice: PlannerChoice) -> PlanScene:
    """The planner of a choice; raises what `choose_planner` raises."""
    planner = choose_planner(choice, plan)
    return OncePerPrompt(lambda prompt, num_frames: planner(prompt, num_frames).scene)


class OncePerPrompt:
    """A planner that is asked once for each prompt and length, as long as it is remembered."""

    def __init__(self, plan_scene: PlanScene):
        self._plan_scene = plan_scene
        self._lock = threading.Lock()
        self._plans: OrderedDict[tuple[str, int], Future[SceneSyntax]] = OrderedDict()

    def __call__(self, prompt: str, num_frames: int) -> SceneSyntax:
        """Of several threads with the same prompt one plans; raises what its planning raises."""
        key = (prompt, num_frames)
        with self._lock:
            found = self._plans.get(key)
            future = found or Future()
            if found is None:
                self._plans[key] = future
                if len(self._plans) > REMEMBERED:
                    self._plans.popitem(last=False)
        if found is None:
            try:
                future.set_result(self._plan_scene(prompt, num_frames))
            except BaseException as error:
                with self._lock:
                    self._plans.pop(key, None)
                future.set_exception(error)
        return future.result()
